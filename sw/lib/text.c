#include "sw/lib/text.h"

struct text text_begin(char* buffer, size_t capacity) {
    buffer[0] = '\0';
    return (struct text){.start = buffer, .capacity = capacity};
}

void text_char(struct text* text, char character) {
    if (text->length + 1 >= text->capacity) {
        text->truncated = true;
        return;
    }
    text->start[text->length++] = character;
    text->start[text->length] = '\0';
}

void text_string(struct text* text, const char* string) {
    for (; *string != '\0'; string++) {
        text_char(text, *string);
    }
}

static void put_number(struct text* text, uint64_t value, unsigned base, unsigned minimum_digits) {
    char reversed[20]; // 2^64 - 1 has 20 decimal digits
    unsigned count = 0;
    do {
        reversed[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (unsigned padding = count; padding < minimum_digits; padding++) {
        text_char(text, '0');
    }
    while (count != 0) {
        text_char(text, reversed[--count]);
    }
}

void text_decimal(struct text* text, uint64_t value) {
    put_number(text, value, 10, 1);
}

void text_hex(struct text* text, uint64_t value, unsigned digits) {
    put_number(text, value, 16, digits);
}
