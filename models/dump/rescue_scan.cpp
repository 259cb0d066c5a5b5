// The scan for VMCOREINFO texts.
//
// Every text begins with "OSRELEASE=", with a note's header before it or at the start of a page. So one
// comparison of each aligned word with "OSRE" finds them all at the speed of memory; a second one in the same
// pass finds "Linux version", of which the ranking wants to know.
//
// Time is linear: a text is looked at up to the first byte that cannot belong to it, and what begins inside
// of a text that was looked at is passed over. That loses nothing, since a note's header has zeros in it.

#include "models/dump/rescue_scan.h"

#include "models/dump/memory_view.h"
#include "models/dump/touched_pages.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace vmcore {

namespace {

constexpr std::string_view text_start = "OSRELEASE=";
constexpr std::string_view banner_start = "Linux version ";
constexpr std::string_view note_name("VMCOREINFO", 11); // with its terminator
constexpr uint64_t page_size = 4096;                    // the smallest; all others are multiples
constexpr uint64_t chunk_size = 1 << 20;
constexpr uint64_t longest_text = 65536; // Linux gives it one page
constexpr uint64_t longest_release = 64; // __NEW_UTS_LEN
constexpr size_t most_traces = 1024;
constexpr size_t most_banners = 256;

uint32_t word_at(const void* at) {
    uint32_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

bool starts_with(const uint8_t* bytes, uint64_t size, std::string_view start) {
    return size >= start.size() && std::memcmp(bytes, start.data(), start.size()) == 0;
}

bool is_printable(uint8_t byte) {
    return byte >= ' ' && byte <= '~';
}

constexpr uint64_t block_size = 256;

// Whether any word of a block is the first one of text or banner. Written so that a compiler makes vector
// instructions of it: a fixed count, no early end, sums as wide as the words.
bool has_start(const uint8_t* block) {
    const uint32_t text = word_at(text_start.data()), banner = word_at(banner_start.data());
    uint32_t hits = 0;
    for (uint64_t i = 0; i < block_size; i += 4) {
        const uint32_t word = word_at(block + i);
        hits |= static_cast<uint32_t>(word == text) | static_cast<uint32_t>(word == banner);
    }
    return hits != 0;
}

// Calls `found` with the offset of each word, counted from `first` on, that text or banner may begin with.
template <typename callback>
void find_words(const uint8_t* bytes, uint64_t size, uint64_t first, const callback& found) {
    const uint32_t text = word_at(text_start.data()), banner = word_at(banner_start.data());
    for (uint64_t at = first; at < size; at += block_size) {
        const uint64_t length = std::min(block_size, size - at);
        if (length == block_size && !has_start(bytes + at))
            continue;
        for (uint64_t i = at; i + 4 <= at + length; i += 4)
            if (const uint32_t word = word_at(bytes + i); word == text || word == banner)
                found(i);
    }
}

class scanner {
public:
    scanner(const guest_memory& memory, byte_order order)
        : m_memory(memory)
        , m_view(memory)
        , m_order(order) {}

    rescue_scan scan() {
        for (const memory_range& range : m_view.ranges()) {
            m_range = &range;
            if (range.host)
                for (const memory_part& part : touched_parts(range.host, range.size))
                    scan_bytes(range.host + part.offset, part.size, part.size, range.base + part.offset);
            else
                scan_by_copy(range);
        }
        return std::move(m_result);
    }

private:
    // What begins in one chunk may end in the next one.
    void scan_by_copy(const memory_range& range) {
        constexpr uint64_t overlap = 128;
        std::vector<uint8_t> buffer(chunk_size + overlap);
        for (uint64_t done = 0; done < range.size; done += chunk_size) {
            const uint64_t length = std::min<uint64_t>(buffer.size(), range.size - done);
            m_memory.read(range.base + done, buffer.data(), length);
            scan_bytes(buffer.data(), std::min(length, chunk_size), length, range.base + done);
        }
    }

    // Words that begin in the first `size` of `readable` bytes.
    void scan_bytes(const uint8_t* bytes, uint64_t size, uint64_t readable, uint64_t paddr) {
        find_words(bytes, std::min(size + 3, readable), (0 - paddr) % 4, [&](uint64_t at) {
            if (starts_with(bytes + at, readable - at, text_start))
                add_text(paddr + at);
            else if (starts_with(bytes + at, readable - at, banner_start))
                add_banner(bytes + at, readable - at, paddr + at);
        });
    }

    void add_banner(const uint8_t* bytes, uint64_t size, uint64_t paddr) {
        const uint8_t* from = bytes + banner_start.size();
        const uint8_t* limit = bytes + std::min<uint64_t>(size, banner_start.size() + longest_release + 1);
        const uint8_t* end =
            std::find_if(from, limit, [](uint8_t c) { return c == ' ' || !is_printable(c); });
        if (end != limit && *end == ' ' && end != from && m_result.banners.size() < most_banners)
            m_result.banners.emplace(std::string(from, end), paddr);
    }

    void add_text(uint64_t paddr) {
        if (paddr < m_seen && paddr >= m_seen_from)
            return;
        const uint64_t left = m_range->size - (paddr - m_range->base);
        const uint64_t descriptor_size = note_text_size(paddr);
        const bool is_note = descriptor_size != 0 && descriptor_size <= left;
        if (!is_note && paddr % page_size != 0)
            return;
        const bool whole = measure(paddr, is_note ? descriptor_size : std::min(longest_text, left));
        if (m_lines == 0 || (is_note && !whole))
            return;
        if (m_result.traces.size() < most_traces)
            m_result.traces.push_back({paddr, static_cast<uint32_t>(m_lines),
                                       is_note ? static_cast<uint32_t>(descriptor_size) : 0});
        else
            ++m_result.traces_left_out;
    }

    // What the header of a VMCOREINFO note before the text says; 0 when there is none.
    uint64_t note_text_size(uint64_t paddr) {
        if (paddr - m_range->base < vmcoreinfo_header_size)
            return 0;
        const uint8_t* header =
            m_view.bytes(paddr - vmcoreinfo_header_size, vmcoreinfo_header_size, m_buffer);
        const bool is_vmcoreinfo = load_bytes(header, 4, m_order) == note_name.size() &&
                                   load_bytes(header + 8, 4, m_order) == 0 &&
                                   std::memcmp(header + 12, note_name.data(), note_name.size()) == 0;
        const uint64_t size = load_bytes(header + 4, 4, m_order);
        return is_vmcoreinfo && size <= longest_text ? size : 0;
    }

    // Finds how many bytes of whole lines of KEY=value there are. Returns whether they end the text, or only
    // zeros follow.
    bool measure(uint64_t paddr, uint64_t size) {
        const uint8_t* bytes = m_view.bytes(paddr, size, m_buffer);
        uint64_t at = 0, line = 0;
        bool has_key = false;
        for (; at < size; ++at) {
            if (bytes[at] == '\n') {
                if (!has_key)
                    break;
                line = at + 1;
                has_key = false;
            } else if (!is_printable(bytes[at])) {
                break;
            } else {
                has_key = has_key || (bytes[at] == '=' && at > line);
            }
        }
        const bool ends_here = at == size || bytes[at] == 0;
        if (ends_here && has_key)
            line = at; // the last line may do without its end
        m_seen_from = paddr;
        m_seen = paddr + at;
        m_lines = line;
        return ends_here && at == line;
    }

    const guest_memory& m_memory;
    memory_view m_view;
    byte_order m_order;
    const memory_range* m_range = nullptr; ///< the one being scanned
    std::vector<uint8_t> m_buffer;
    rescue_scan m_result;
    uint64_t m_seen_from = 0, m_seen = 0; ///< the text that was looked at last
    uint64_t m_lines = 0;                 ///< bytes of whole lines in it
};

} // namespace

rescue_scan scan_for_vmcoreinfo(const guest_memory& memory, byte_order order) {
    return scanner(memory, order).scan();
}

} // namespace vmcore
