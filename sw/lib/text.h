#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Builds text in a buffer of the caller's: always terminated by NUL, never past the end.
struct text {
    char* start;     ///< the caller's buffer
    size_t capacity; ///< its size in bytes, the terminator included
    size_t length;   ///< bytes of text so far, the terminator not included
    bool truncated;  ///< something did not fit; the text holds the part that did
};

/// Starts an empty text in `buffer`; `capacity` is at least 1.
struct text text_begin(char* buffer, size_t capacity);

void text_char(struct text* text, char character);
void text_string(struct text* text, const char* string);

/// Decimal, without leading zeros.
void text_decimal(struct text* text, uint64_t value);

/// Hexadecimal in lower case without prefix, padded with zeros to `digits` (1 to 16); longer values are not
/// cut.
void text_hex(struct text* text, uint64_t value, unsigned digits);
