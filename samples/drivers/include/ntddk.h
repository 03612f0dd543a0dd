/* mingw-w64's ntddk.h with what it lacks of newer Windows. */
#pragma once
#include_next <ntddk.h>
#include <ddk-additions.h>
