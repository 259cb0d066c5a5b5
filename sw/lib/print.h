#pragma once

#include <stdint.h>

/// Console output. Lines end in a bare newline.

void print(const char* string);
void print_decimal(uint64_t value);

/// With the prefix 0x and without leading zeros.
void print_hex(uint64_t value);
