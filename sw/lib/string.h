#pragma once

#include <stddef.h>

/// The few functions of the C library's <string.h> that a freestanding program needs. The compiler itself
/// calls the first four.

void* memcpy(void* restrict destination, const void* restrict source, size_t length);
void* memmove(void* destination, const void* source, size_t length);
void* memset(void* destination, int value, size_t length);
int memcmp(const void* left, const void* right, size_t length);
size_t strlen(const char* text);
int strcmp(const char* left, const char* right);
