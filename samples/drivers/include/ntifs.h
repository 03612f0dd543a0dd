/* mingw-w64's ntifs.h with what it lacks of newer Windows. */
#pragma once
#include_next <ntifs.h>
#include <ddk-additions.h>
