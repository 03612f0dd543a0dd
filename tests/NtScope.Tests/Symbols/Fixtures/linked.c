// Makes linked.pdb.gz, a PDB that no code of this project wrote:
// clang-14 --target=x86_64-pc-windows-msvc -g -gcodeview -O1 -c linked.c -o linked.obj
// lld-link-14 /debug /entry:entry /subsystem:native /nodefaultlib linked.obj /pdb:linked.pdb && gzip -9n linked.pdb
enum color { red, green = -5, blue = 70000 };
typedef struct _IN { int a; unsigned b:3; unsigned c:29; struct { long long x; union { short s; char t[7]; } u; } inner; struct _IN *next; void (*f)(int); const volatile unsigned short *q; int m[2][3]; enum color col; double d; } IN;
IN global; static int local_data = 5;
__attribute__((noinline)) static int helper(IN *p) { return p->a + local_data++; }
int entry(void) { return helper(&global); }
