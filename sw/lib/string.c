#include "sw/lib/string.h"

#include <stdint.h>

// Doublewords are moved when both ends allow it: a byte loop would cost eight times the instructions on
// the page-sized buffers that fw_cfg transfers fill. The type says that it may alias anything.
typedef uint64_t __attribute__((may_alias)) aliasing_word;

static int both_aligned(const void* left, const void* right) {
    return (((uintptr_t)left | (uintptr_t)right) & (sizeof(aliasing_word) - 1)) == 0;
}

// Lowest address first; right for overlapping buffers when the destination is the lower one.
static void copy_forward(unsigned char* to, const unsigned char* from, size_t length) {
    if (both_aligned(to, from)) {
        for (; length >= sizeof(aliasing_word); length -= sizeof(aliasing_word)) {
            *(aliasing_word*)to = *(const aliasing_word*)from;
            to += sizeof(aliasing_word);
            from += sizeof(aliasing_word);
        }
    }
    while (length-- != 0) {
        *to++ = *from++;
    }
}

void* memcpy(void* restrict destination, const void* restrict source, size_t length) {
    copy_forward(destination, source, length);
    return destination;
}

void* memmove(void* destination, const void* source, size_t length) {
    unsigned char* to = destination;
    const unsigned char* from = source;
    if ((uintptr_t)to - (uintptr_t)from >= length) {
        copy_forward(to, from, length);
        return destination;
    }
    while (length-- != 0) {
        to[length] = from[length];
    }
    return destination;
}

void* memset(void* destination, int value, size_t length) {
    unsigned char* to = destination;
    if (both_aligned(to, to)) {
        const aliasing_word pattern = (unsigned char)value * 0x0101010101010101ULL;
        for (; length >= sizeof(aliasing_word); length -= sizeof(aliasing_word)) {
            *(aliasing_word*)to = pattern;
            to += sizeof(aliasing_word);
        }
    }
    while (length-- != 0) {
        *to++ = (unsigned char)value;
    }
    return destination;
}

int memcmp(const void* left, const void* right, size_t length) {
    const unsigned char* a = left;
    const unsigned char* b = right;
    for (; length != 0; length--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

size_t strlen(const char* text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

int strcmp(const char* left, const char* right) {
    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    return (unsigned char)*left - (unsigned char)*right;
}
