#pragma once

/// Ends the machine through the `sifive,test` device, after the console has drained. The functions do return
/// as far as the compiler knows: a call must leave the caller's frame in place, so that a memory dump taken
/// afterwards unwinds from here to the reset vector. In fact they end in a jump to itself, directly after
/// the store, so that the program counter in such a dump is the same on every platform.

/// Exit status `code` for the one who started the machine: 0 is success, above 255 counts as 255.
void poweroff(unsigned code);

/// System reset; the program starts over.
void reboot(void);
