#pragma once

#include <stddef.h>
#include <stdint.h>

/// The GNU build-id that the linker put into this program, and its length in bytes (20 for SHA-1);
/// length 0 when the program was linked without one.
const uint8_t* build_id(size_t* length);
