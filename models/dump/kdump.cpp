// The kdump-compressed file, as crash, makedumpfile, libkdumpfile and drgn read it:
//
//   block 0            main header
//   block 1 ...        sub-header, ELF notes
//   two bitmaps        a bit for each page from physical 0 on; equal, because no page is filtered out
//   page descriptors   one for each bit, in the order of pages: where the page is, how long, how compressed
//   pages              one page of zeros that all such pages share, then each of the others
//
// Everything but the pages has its place before the first of them is compressed. This thread cuts memory into
// batches, workers compress them, this thread writes them in order: so the file does not depend on the number
// of threads, and memory that must be asked for is asked for by one thread. Memory of the host that was never
// touched is known to be zeros and stays untouched.
//
// A reader must not take half a file for a whole one. So its status says "incomplete" until the end: in a raw
// file it is written last once more. A flattened file cannot be written twice, so the 4 bytes of the status
// are a record of their own, the last one; if something fails before, that record says "incomplete". QEMU's
// layout has the header in one piece and no such mark.

#include "models/dump/kdump.h"

#include "models/dump/kdump_batch.h"
#include "models/dump/kdump_identity.h"
#include "models/dump/kdump_pages.h"
#include "models/dump/kdump_store.h"
#include "models/dump/ordered_workers.h"
#include "models/dump/touched_pages.h"
#include "models/dump/worker_threads.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace vmcore {

namespace {

constexpr uint64_t batch_bytes = 256 << 10;     // of memory to compress at once
constexpr uint64_t most_zero_pages = 64 << 10;  // in a batch: they cost no work but room for descriptors
constexpr size_t most_pieces = 256;             // in a batch
constexpr uint64_t touched_window = 1ull << 30; // bytes of memory whose touched parts are asked for at once
constexpr uint64_t bitmap_window = 256 << 10;   // bytes of a bitmap that are written at once

// Cuts the pages of memory into batches.
class batch_cutter {
public:
    explicit batch_cutter(kdump_pages& pages)
        : m_pages(pages) {}

    bool at_end() const { return m_run == m_pages.runs().size(); }

    // The next batch; there must be one.
    void fill(kdump_batch& batch) {
        batch.clear();
        batch.copies.reserve(std::max<uint64_t>(batch_bytes, m_pages.page_size()));
        while (!at_end() && batch.data_pages < room() && batch.zero_pages < most_zero_pages &&
               batch.pieces.size() < most_pieces)
            add_piece(batch);
    }

private:
    uint64_t room() const { return std::max<uint64_t>(1, batch_bytes / m_pages.page_size()); }

    void add_piece(kdump_batch& batch) {
        const kdump_run& run = m_pages.runs()[m_run];
        uint64_t pages = 0;
        if (!run.host)
            pages = add_copied(batch, run);
        else if (const uint64_t zeros = zeros_ahead(run))
            pages = add_zeros(batch, zeros);
        else
            pages = add_mapped(batch, run);
        // Only a run of a single page may have less memory than its pages.
        batch.memory_bytes += std::min(run.memory_bytes, pages * m_pages.page_size());
        m_page += pages;
        if (m_page == run.pages) {
            ++m_run;
            m_page = 0;
            m_window_end = 0;
        }
    }

    uint64_t add_copied(kdump_batch& batch, const kdump_run& run) {
        const uint64_t pages = std::min(run.pages - m_page, room() - batch.data_pages);
        const size_t used = batch.copies.size();
        batch.copies.resize(used + pages * m_pages.page_size());
        m_pages.read_pages(run.first + m_page, pages, batch.copies.data() + used);
        batch.pieces.push_back({batch.copies.data() + used, pages});
        batch.data_pages += pages;
        return pages;
    }

    uint64_t add_zeros(kdump_batch& batch, uint64_t zeros) {
        const uint64_t pages = std::min(zeros, most_zero_pages);
        batch.pieces.push_back({nullptr, pages});
        batch.zero_pages += pages;
        return pages;
    }

    uint64_t add_mapped(kdump_batch& batch, const kdump_run& run) {
        const uint64_t pages = std::min(touched_end() - m_page, room() - batch.data_pages);
        batch.pieces.push_back({run.host + m_page * m_pages.page_size(), pages});
        batch.data_pages += pages;
        return pages;
    }

    // How many pages from the next one on were never touched.
    uint64_t zeros_ahead(const kdump_run& run) {
        if (m_page >= m_window_end)
            look_ahead(run);
        while (m_part < m_parts.size() && touched_end() <= m_page)
            ++m_part;
        if (m_part == m_parts.size())
            return m_window_end - m_page;
        const uint64_t first = m_window_begin + m_parts[m_part].offset / m_pages.page_size();
        return first > m_page ? first - m_page : 0;
    }

    // The page behind the part that is next.
    uint64_t touched_end() const {
        const uint64_t size = m_pages.page_size();
        const memory_part& part = m_parts[m_part];
        return std::min(m_window_begin + (part.offset + part.size + size - 1) / size, m_window_end);
    }

    void look_ahead(const kdump_run& run) {
        const uint64_t size = m_pages.page_size();
        m_window_begin = m_page;
        m_window_end = std::min(run.pages, m_page + touched_window / size);
        m_parts = touched_parts(run.host + m_page * size, (m_window_end - m_page) * size);
        m_part = 0;
    }

    kdump_pages& m_pages;
    size_t m_run = 0;
    uint64_t m_page = 0; ///< the next one, counted in its run
    // Pages of the run whose touched parts are known, those parts, and the first that is not passed yet.
    uint64_t m_window_begin = 0;
    uint64_t m_window_end = 0;
    std::vector<memory_part> m_parts;
    size_t m_part = 0;
};

class kdump_writer {
public:
    // Throws before anything is written when the job cannot be done.
    kdump_writer(output_file& file, const kdump_job& job, const guest_memory& memory)
        : m_file(file)
        , m_job(job)
        , m_target(*job.target)
        , m_identity(identify_kdump(job))
        , m_pages(memory, job.ranges, m_identity.block_size) {
        m_header = m_identity;
        m_header.status = static_cast<uint32_t>(job.format.codec);
        m_header.cpus = static_cast<uint32_t>(job.cpus);
        m_header.max_mapnr = m_pages.end();
        m_header.pages = m_pages.count();
        m_layout = lay_out_kdump(m_target, m_header);
        if (job.format.flattened)
            m_output = std::make_unique<flattened_output>(file);
        else
            m_output = std::make_unique<raw_output>(file);
    }

    void write() {
        try {
            write_headers();
            if (is_like_qemu())
                write_bitmaps_by_turns();
            else
                write_bitmaps();
            write_pages();
            if (!is_like_qemu())
                write_status(m_header.status);
        } catch (...) {
            mark_incomplete();
            throw;
        }
        m_output->finish();
    }

    kdump_outcome outcome() const { return {m_output->size(), m_pages.warnings()}; }

private:
    bool is_like_qemu() const { return m_job.layout == dump_layout::qemu; }

    void put(uint64_t offset, const uint8_t* bytes, size_t length) {
        m_record.clear();
        m_record.append(bytes, length);
        m_output->write(offset, m_record);
    }

    void write_status(uint32_t status) {
        uint8_t bytes[4];
        store_bytes(bytes, status, sizeof bytes, m_target.order);
        put(m_layout.status_offset, bytes, sizeof bytes);
    }

    void write_headers() {
        kdump_header unfinished = m_header;
        if (!is_like_qemu())
            unfinished.status |= kdump_incomplete;
        const std::vector<uint8_t> main = build_kdump_main_header(m_target, unfinished, m_layout);
        if (is_like_qemu() || m_output->can_rewrite()) {
            put(0, main.data(), main.size());
        } else { // all but the status
            const uint64_t behind = m_layout.status_offset + 4;
            put(0, main.data(), m_layout.status_offset);
            put(behind, main.data() + behind, main.size() - behind);
        }
        const std::vector<uint8_t> sub = build_kdump_sub_header(m_target, m_header, m_layout);
        put(m_layout.sub_header_offset, sub.data(), sub.size());
        if (!m_job.notes.empty())
            put(m_layout.note_offset, m_job.notes.data(), m_job.notes.size());
    }

    // Best effort: there is an error to tell already.
    void mark_incomplete() noexcept {
        if (is_like_qemu() || m_output->can_rewrite())
            return;
        try {
            write_status(m_header.status | kdump_incomplete);
            m_output->finish();
        } catch (...) { // then the end record is missing, which makedumpfile takes for an error
        }
    }

    // Only the windows that have a page: the others are gaps, which read as zeros in both forms of the file.
    // So memory at high addresses costs neither time nor room.
    void write_bitmaps() {
        for (const uint64_t base : {m_layout.bitmap_offset, m_layout.bitmap_offset + m_layout.bitmap_size})
            for (uint64_t page = m_pages.next(0); page < m_pages.end();) {
                const uint64_t window = page / 8 / bitmap_window * bitmap_window;
                m_record.resize(std::min(bitmap_window, m_layout.bitmap_size - window));
                m_pages.fill_bitmap(window, m_record.data(), m_record.size());
                m_output->write(base + window, m_record);
                page = m_pages.next((window + m_record.size()) * 8);
            }
    }

    // A block of the first, the same block of the second, the next block of the first, ...
    void write_bitmaps_by_turns() {
        m_record.resize(m_header.block_size);
        for (uint64_t done = 0; done < m_layout.bitmap_size; done += m_record.size()) {
            m_pages.fill_bitmap(done, m_record.data(), m_record.size());
            m_output->write(m_layout.bitmap_offset + done, m_record);
            m_output->write(m_layout.bitmap_offset + m_layout.bitmap_size + done, m_record);
        }
    }

    std::vector<ordered_workers<kdump_batch>::work> make_works() const {
        const zlib_maker maker = is_like_qemu() ? zlib_maker::zlib : zlib_maker::libdeflate;
        std::vector<ordered_workers<kdump_batch>::work> works;
        const uint64_t useful = m_pages.count() * m_pages.page_size() / batch_bytes + 1;
        for (uint64_t i = std::min<uint64_t>(thread_count(m_job.threads), useful); i > 0; --i) {
            const std::shared_ptr<page_compressor> own = make_page_compressor(m_job.format.codec, maker);
            works.push_back(
                [own, size = m_pages.page_size()](kdump_batch& batch) { compress_batch(batch, *own, size); });
        }
        return works;
    }

    thread_starter starter() const {
        return [this](std::function<void()> body) {
            try {
                return m_file.operations().start_thread(std::move(body));
            } catch (const std::system_error& error) {
                m_file.fail("start a thread to write", error.code().value());
            }
        };
    }

    void write_pages() {
        kdump_store store(*m_output, m_target, m_job.format.codec, m_pages.page_size(), m_layout,
                          is_like_qemu() ? kdump_order::qemu : kdump_order::batches);
        batch_cutter cutter(m_pages);
        auto works = make_works();
        const size_t slots = 2 * works.size() + 1;
        ordered_workers<kdump_batch> workers(std::move(works), slots, starter());
        while (!cutter.at_end() || !workers.idle()) {
            if (!cutter.at_end() && workers.has_room()) {
                cutter.fill(workers.next());
                workers.submit();
                continue;
            }
            kdump_batch& batch = workers.oldest();
            store.add(batch);
            if (m_job.on_progress)
                m_job.on_progress(batch.memory_bytes);
            workers.release();
        }
        store.finish();
    }

    const output_file& m_file;
    const kdump_job& m_job;
    const dump_target& m_target;
    const kdump_header m_identity;
    kdump_pages m_pages;
    kdump_header m_header;
    kdump_layout m_layout;
    std::unique_ptr<kdump_output> m_output;
    kdump_record m_record; ///< for what is not pages
};

} // namespace

std::optional<kdump_format> find_kdump_format(std::string_view name) {
    constexpr std::string_view prefix = "kdump-", raw = "raw-";
    if (name.substr(0, prefix.size()) != prefix)
        return std::nullopt;
    name.remove_prefix(prefix.size());
    const bool flattened = name.substr(0, raw.size()) != raw;
    if (!flattened)
        name.remove_prefix(raw.size());
    const std::optional<page_codec> codec = find_page_codec(name);
    if (!codec)
        return std::nullopt;
    return kdump_format{*codec, flattened};
}

std::vector<std::string> kdump_formats() {
    return {"kdump-zlib",     "kdump-lzo",     "kdump-snappy",     "kdump-zstd",
            "kdump-raw-zlib", "kdump-raw-lzo", "kdump-raw-snappy", "kdump-raw-zstd"};
}

kdump_outcome write_kdump(output_file& file, const kdump_job& job, const guest_memory& memory) {
    if (!job.format.flattened && !file.seekable())
        throw std::runtime_error("kdump-raw formats require a seekable file");
    kdump_writer writer(file, job, memory);
    writer.write();
    return writer.outcome();
}

} // namespace vmcore
