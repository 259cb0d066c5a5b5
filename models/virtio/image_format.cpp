#include "models/virtio/image_format.h"

#include <array>
#include <cstring>
#include <string_view>

namespace vmcore {

using namespace std::string_view_literals;

namespace {

struct signature {
    size_t offset;
    std::string_view bytes;
    const char* format;
};

constexpr std::array<signature, 12> signatures{{
    {0, "QFI\xfb"sv, "qcow2"},
    {0, "QED\0"sv, "qed"},
    {0, "KDMV"sv, "vmdk"},
    {0, "COWD"sv, "vmdk"},
    {0, "# Disk DescriptorFile"sv, "vmdk"},
    {0, "conectix"sv, "vpc"},
    {0, "vhdxfile"sv, "vhdx"},
    {0, "WithoutFreeSpace"sv, "parallels"},
    {0, "WithouFreSpacExt"sv, "parallels"},
    {0, "LUKS\xba\xbe"sv, "luks"},
    {0, "Bochs Virtual HD Image"sv, "bochs"},
    {64, "\x7f\x10\xda\xbe"sv, "vdi"},
}};

} // namespace

std::string probe_image_format(const uint8_t* start, size_t length) {
    for (const signature& known : signatures)
        if (known.offset + known.bytes.size() <= length &&
            std::memcmp(start + known.offset, known.bytes.data(), known.bytes.size()) == 0)
            return known.format;
    return "";
}

} // namespace vmcore
