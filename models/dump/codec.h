#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace vmcore {

/// How the pages of a kdump file are compressed. The values are the format's flags, the same for a page and
/// for the whole file (makedumpfile's diskdump_mod.h: DUMP_DH_COMPRESSED_*).
enum class page_codec : uint32_t { zlib = 0x1, lzo = 0x2, snappy = 0x4, zstd = 0x20 };

/// The codec of that name, as in "kdump-NAME". None: there is none.
std::optional<page_codec> find_page_codec(std::string_view name);

/// Compresses pages one by one, each on its own, with memory of its own: one for each thread.
class page_compressor {
public:
    virtual ~page_compressor() = default;

    /// Compresses `size` bytes into `to`, where slack(size) bytes may be written. Returns how many they have
    /// become, or 0: no fewer than before, and `to` holds nothing of use. The same bytes always become the
    /// same bytes. Throws std::bad_alloc, and std::runtime_error when the library fails otherwise.
    virtual size_t compress(const uint8_t* page, size_t size, uint8_t* to) = 0;

    /// Room that compress() may need, whatever the codec.
    static constexpr size_t slack(size_t size) { return size + size / 6 + 128; }
};

/// What zlib pages are made with.
enum class zlib_maker {
    libdeflate, ///< twice as fast, a few percent longer
    zlib,       ///< level 1, byte for byte what compress2() makes
};

/// Level 1, or the only one there is. Throws std::bad_alloc.
std::unique_ptr<page_compressor> make_page_compressor(page_codec codec, zlib_maker maker);

} // namespace vmcore
