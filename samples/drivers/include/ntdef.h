/* mingw-w64's FIELD_OFFSET is no constant expression for clang; its own headers assert with it. */
#pragma once
#include_next <ntdef.h>
#undef FIELD_OFFSET
#define FIELD_OFFSET(Type, Field) ((LONG)__builtin_offsetof(Type, Field))
