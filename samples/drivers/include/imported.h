/* Declares a routine by its import slot, for those that the kit's headers hide behind macros and inline code: what is called is the export. */
#pragma once
#define IMPORTED(type, name, arguments) extern type(NTAPI *Imported##name) arguments __asm__("__imp_" #name)
