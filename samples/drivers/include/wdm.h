/* mingw-w64's wdm.h with what it lacks of newer Windows. */
#pragma once
#include_next <wdm.h>
#include <ddk-additions.h>
