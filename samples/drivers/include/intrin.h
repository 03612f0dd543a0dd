/* The intrinsics that kernel headers and drivers use, for clang in MSVC mode. Stands before mingw-w64's header, which needs GCC. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

unsigned char _interlockedbittestandset(long volatile *, long);
unsigned char _interlockedbittestandreset(long volatile *, long);
unsigned char _bittest(long const *, long);
unsigned char _BitScanForward(unsigned long *, unsigned long);
unsigned char _BitScanReverse(unsigned long *, unsigned long);
long _InterlockedAnd(long volatile *, long);
long _InterlockedOr(long volatile *, long);
long _InterlockedXor(long volatile *, long);
long _InterlockedIncrement(long volatile *);
long _InterlockedDecrement(long volatile *);
long _InterlockedExchange(long volatile *, long);
long _InterlockedExchangeAdd(long volatile *, long);
long _InterlockedCompareExchange(long volatile *, long, long);
short _InterlockedIncrement16(short volatile *);
short _InterlockedDecrement16(short volatile *);
short _InterlockedCompareExchange16(short volatile *, short, short);
long long _InterlockedIncrement64(long long volatile *);
long long _InterlockedDecrement64(long long volatile *);
long long _InterlockedExchange64(long long volatile *, long long);
long long _InterlockedExchangeAdd64(long long volatile *, long long);
long long _InterlockedCompareExchange64(long long volatile *, long long, long long);
long long _InterlockedAnd64(long long volatile *, long long);
long long _InterlockedOr64(long long volatile *, long long);
void *_InterlockedExchangePointer(void *volatile *, void *);
void *_InterlockedCompareExchangePointer(void *volatile *, void *, void *);
static __inline__ __attribute__((always_inline)) long long _InterlockedAdd64(long long volatile *target, long long value) { return __atomic_add_fetch(target, value, __ATOMIC_SEQ_CST); }
unsigned long long __readgsqword(unsigned long);
unsigned long __readgsdword(unsigned long);
unsigned short __readgsword(unsigned long);
unsigned char __readgsbyte(unsigned long);
void __int2c(void);
void __debugbreak(void);
void __fastfail(unsigned int);
void _ReadWriteBarrier(void);
void __stosb(unsigned char *, unsigned char, unsigned long long);
void __movsb(unsigned char *, unsigned char const *, unsigned long long);
static __inline__ __attribute__((always_inline)) unsigned long long __readcr8(void) { unsigned long long level; __asm__ volatile("movq %%cr8, %0" : "=r"(level) : : "memory"); return level; }
static __inline__ __attribute__((always_inline)) void __writecr8(unsigned long long level) { __asm__ volatile("movq %0, %%cr8" : : "r"(level) : "memory"); }
void __movsw(unsigned short *, unsigned short const *, unsigned long long);
void __movsd(unsigned long *, unsigned long const *, unsigned long long);
unsigned char __inbyte(unsigned short);
unsigned short __inword(unsigned short);
unsigned long __indword(unsigned short);
void __inbytestring(unsigned short, unsigned char *, unsigned long);
void __inwordstring(unsigned short, unsigned short *, unsigned long);
void __indwordstring(unsigned short, unsigned long *, unsigned long);
void __outbyte(unsigned short, unsigned char);
void __outword(unsigned short, unsigned short);
void __outdword(unsigned short, unsigned long);
void __outbytestring(unsigned short, unsigned char *, unsigned long);
void __outwordstring(unsigned short, unsigned short *, unsigned long);
void __outdwordstring(unsigned short, unsigned long *, unsigned long);
void *_ReturnAddress(void);
unsigned long long __rdtsc(void);
void _mm_pause(void);
void _mm_mfence(void);
void _mm_lfence(void);
void _mm_prefetch(char const *, int);
#define __faststorefence() __atomic_thread_fence(5)

#ifdef __cplusplus
}
#endif
