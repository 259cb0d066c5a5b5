// Memory on its way into an ELF core.
//
// It is dealt out in pieces (memory_pieces.h), which any thread that is free takes next, and each run of
// pages that hold something is one write. Pages are those of the file, since a hole must cover whole blocks
// of it. A piece is a large page of the file, which some file systems write faster than its parts, and by
// several threads at once (file_writer.h); smaller runs go through a queue (run_queue.h), so that one thread
// writes them while the others look for more. Nothing is copied: a write reads the guest's memory itself. A
// stream has one thread, and so does memory without host pointers; a skipped page is then a gap in a stream,
// which output_file fills.

#include "models/dump/core_writer.h"

#include "models/dump/hex_text.h"
#include "models/dump/memory_pieces.h"
#include "models/dump/run_queue.h"
#include "models/dump/worker_threads.h"

#include <algorithm>
#include <cstring>

namespace vmcore {

namespace {

constexpr uint64_t page_size = 4096;

bool is_zero(const uint8_t* bytes, uint64_t length) {
    // A block at a time, without a branch in it, so that the compiler can use vector registers.
    constexpr uint64_t block = 256;
    uint64_t i = 0;
    for (; i + block <= length; i += block) {
        uint64_t words[block / 8], seen = 0;
        std::memcpy(words, bytes + i, block);
        for (const uint64_t word : words)
            seen |= word;
        if (seen != 0)
            return false;
    }
    return std::all_of(bytes + i, bytes + length, [](uint8_t byte) { return byte == 0; });
}

class memory_writer {
public:
    memory_writer(output_file& file, const core_layout& layout, const guest_memory& memory,
                  const core_options& options)
        : m_file(file)
        , m_segments(layout.segments)
        , m_memory(memory)
        , m_options(options)
        , m_missing(layout.segments.size()) {
        for (const core_segment& segment : layout.segments) {
            m_ranges.push_back(segment.memory);
            m_places.push_back(segment.offset);
        }
    }

    void write() {
        const unsigned threads = m_file.seekable() ? useful_threads() : 1;
        if (threads == 1) {
            write_pieces(memory_pieces::kind::any);
            return;
        }
        memory_pieces pieces(m_ranges, memory_pieces::kind::with_host, m_places);
        run_queue queue(m_file);
        run_in_threads(threads, m_file, [&](const std::atomic<bool>& stopped) {
            while (const auto piece = stopped ? std::nullopt : pieces.next())
                write_piece(*piece, m_ranges[piece->range].host + piece->offset, &queue);
            if (!stopped)
                queue.finish();
        });
        write_pieces(memory_pieces::kind::without_host);
    }

    std::vector<std::string> warnings() const {
        std::vector<std::string> warnings;
        for (size_t i = 0; i < m_ranges.size(); ++i)
            if (m_missing[i] > 0)
                warnings.push_back("memory at " + hex_text(m_ranges[i].base) +
                                   " could not be read as a whole: " + hex_text(m_missing[i]) + " of its " +
                                   hex_text(m_ranges[i].size) + " bytes are zero in the dump");
        return warnings;
    }

private:
    /// A thread must have something to do, or starting it takes longer than its work.
    unsigned useful_threads() const {
        constexpr uint64_t least = 4 << 20;
        uint64_t bytes = 0;
        for (const memory_range& range : m_ranges)
            bytes += range.host != nullptr ? range.size : 0;
        return static_cast<unsigned>(std::clamp<uint64_t>(bytes / least, 1, thread_count(m_options.threads)));
    }

    void write_pieces(memory_pieces::kind kind) {
        memory_pieces pieces(m_ranges, kind, m_places);
        std::vector<uint8_t> buffer;
        while (const auto piece = pieces.next()) {
            const memory_range& range = m_ranges[piece->range];
            if (range.host == nullptr) {
                buffer.resize(memory_pieces::largest);
                m_missing[piece->range] +=
                    piece->size - m_memory.read(range.base + piece->offset, buffer.data(), piece->size);
            }
            write_piece(*piece, range.host != nullptr ? range.host + piece->offset : buffer.data());
        }
    }

    /// The bytes must stay where they are if there is a queue.
    void write_piece(const memory_piece& piece, const uint8_t* bytes, run_queue* queue = nullptr) {
        const uint64_t offset = m_segments[piece.range].offset + piece.offset;
        if (!m_options.sparse && piece.is_untouched)
            m_file.write_zeros(offset, piece.size);
        else if (!m_options.sparse)
            m_file.write_at(offset, bytes, piece.size);
        else if (!piece.is_untouched)
            write_runs(find_runs(offset, bytes, piece.size), queue, {offset, bytes, piece.size});
        if (m_options.on_progress)
            m_options.on_progress(piece.size);
    }

    /// The runs of pages that hold something.
    static std::vector<memory_run> find_runs(uint64_t offset, const uint8_t* bytes, uint64_t length) {
        std::vector<memory_run> runs;
        uint64_t run = 0; // start of the pages that are in none yet
        uint64_t page_end;
        for (uint64_t page = 0; page < length; page = page_end) {
            page_end = std::min(page + page_size - (offset + page) % page_size, length);
            if (!is_zero(bytes + page, page_end - page))
                continue;
            if (page > run)
                runs.push_back({offset + run, bytes + run, page - run});
            run = page_end;
        }
        if (length > run)
            runs.push_back({offset + run, bytes + run, length - run});
        return runs;
    }

    /// The runs of a piece. It is written as a whole where that makes it a large page, and few zeros of it
    /// one.
    void write_runs(const std::vector<memory_run>& runs, run_queue* queue, const memory_run& piece) {
        constexpr uint64_t large_page = file_operations::huge_page;
        uint64_t bytes = 0;
        for (const memory_run& run : runs)
            bytes += run.size;
        const bool is_whole = bytes == large_page;
        if (is_whole ||
            (bytes >= large_page - large_page / 8 && piece.size == large_page && m_file.has_large_pages()))
            m_file.write_at(piece.offset, piece.bytes, piece.size);
        else if (queue != nullptr)
            queue->add(runs);
        else
            for (const memory_run& run : runs)
                m_file.write_at(run.offset, run.bytes, run.size);
    }

    output_file& m_file;
    const std::vector<core_segment>& m_segments;
    const guest_memory& m_memory;
    const core_options& m_options;
    std::vector<memory_range> m_ranges;
    std::vector<uint64_t> m_places;  ///< offset of each range in the file
    std::vector<uint64_t> m_missing; ///< bytes of each range that could not be read
};

} // namespace

std::vector<std::string> write_core(output_file& file, const dump_target& target, const core_layout& layout,
                                    const std::vector<uint8_t>& notes, const guest_memory& memory,
                                    const core_options& options) {
    const auto write_beginning = [&] {
        const std::vector<uint8_t> headers = build_core_headers(target, layout);
        file.write_at(0, headers.data(), headers.size());
        file.write_at(layout.note_offset, notes.data(), notes.size());
    };
    if (file.seekable())
        file.set_size(layout.file_size);
    else
        write_beginning();
    memory_writer writer(file, layout, memory, options);
    writer.write();
    if (!layout.sections.empty() && layout.sections.back().offset > layout.note_offset) // as QEMU has it
        file.write_at(layout.sections.back().offset, layout.section_names.data(),
                      layout.section_names.size());
    if (file.seekable())
        write_beginning();
    else
        file.set_size(layout.file_size);
    return writer.warnings();
}

} // namespace vmcore
