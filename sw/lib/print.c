#include "sw/lib/print.h"

#include "sw/lib/text.h"
#include "sw/lib/uart.h"

void print(const char* string) {
    for (; *string != '\0'; string++) {
        uart_put(*string);
    }
}

void print_decimal(uint64_t value) {
    char buffer[24];
    struct text text = text_begin(buffer, sizeof buffer);
    text_decimal(&text, value);
    print(buffer);
}

void print_hex(uint64_t value) {
    char buffer[24];
    struct text text = text_begin(buffer, sizeof buffer);
    text_string(&text, "0x");
    text_hex(&text, value, 1);
    print(buffer);
}
