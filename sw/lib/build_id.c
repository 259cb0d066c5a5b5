#include "sw/lib/build_id.h"

#include "sw/lib/string.h"

enum { note_type_gnu_build_id = 3 };

// The section .note.gnu.build-id: an ELF note named "GNU" (the name fills its four bytes) and the id.
struct build_id_note {
    uint32_t name_size;
    uint32_t descriptor_size;
    uint32_t type;
    char name[4];
    uint8_t id[];
};

extern const struct build_id_note image_build_id_start;
extern const char image_build_id_end[];

const uint8_t* build_id(size_t* length) {
    const struct build_id_note* note = &image_build_id_start;
    const size_t section_size = (size_t)(image_build_id_end - (const char*)note);
    *length = 0;
    if (section_size >= sizeof *note && note->type == note_type_gnu_build_id &&
        memcmp(note->name, "GNU", 4) == 0 && note->descriptor_size <= section_size - sizeof *note) {
        *length = note->descriptor_size;
    }
    return note->id;
}
