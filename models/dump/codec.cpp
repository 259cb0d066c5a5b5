#include "models/dump/codec.h"

#include <libdeflate.h>
#include <lzo/lzo1x.h>
#include <new>
#include <snappy.h>
#include <stdexcept>
#include <string>
#include <vector>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace vmcore {

namespace {

constexpr int fastest_level = 1;

class zlib_compressor : public page_compressor {
public:
    zlib_compressor() {
        if (deflateInit(&m_stream, fastest_level) != Z_OK)
            throw std::bad_alloc();
    }
    ~zlib_compressor() override { deflateEnd(&m_stream); }
    zlib_compressor(const zlib_compressor&) = delete;
    zlib_compressor& operator=(const zlib_compressor&) = delete;

    size_t compress(const uint8_t* page, size_t size, uint8_t* to) override {
        if (deflateReset(&m_stream) != Z_OK)
            throw std::runtime_error("zlib cannot compress a page");
        m_stream.next_in = const_cast<Bytef*>(page); // an old interface: it is only read
        m_stream.avail_in = static_cast<uInt>(size);
        m_stream.next_out = to;
        m_stream.avail_out = static_cast<uInt>(size - 1); // more is of no use
        return deflate(&m_stream, Z_FINISH) == Z_STREAM_END ? m_stream.total_out : 0;
    }

private:
    z_stream m_stream = {};
};

class deflate_compressor : public page_compressor {
public:
    deflate_compressor()
        : m_state(libdeflate_alloc_compressor(fastest_level), libdeflate_free_compressor) {
        if (!m_state)
            throw std::bad_alloc();
    }
    size_t compress(const uint8_t* page, size_t size, uint8_t* to) override {
        return libdeflate_zlib_compress(m_state.get(), page, size, to, size - 1);
    }

private:
    std::unique_ptr<::libdeflate_compressor, void (*)(::libdeflate_compressor*)> m_state;
};

class lzo_compressor : public page_compressor {
public:
    lzo_compressor() {
        if (lzo_init() != LZO_E_OK)
            throw std::runtime_error("lzo does not work on this host");
    }
    size_t compress(const uint8_t* page, size_t size, uint8_t* to) override {
        lzo_uint length = slack(size);
        if (lzo1x_1_compress(page, size, to, &length, m_work.data()) != LZO_E_OK)
            throw std::runtime_error("lzo cannot compress a page");
        return length < size ? length : 0;
    }

private:
    std::vector<uint8_t> m_work = std::vector<uint8_t>(LZO1X_1_MEM_COMPRESS);
};

class snappy_compressor : public page_compressor {
public:
    size_t compress(const uint8_t* page, size_t size, uint8_t* to) override {
        size_t length = 0;
        snappy::RawCompress(reinterpret_cast<const char*>(page), size, reinterpret_cast<char*>(to), &length);
        return length < size ? length : 0;
    }
};

class zstd_compressor : public page_compressor {
public:
    zstd_compressor()
        : m_state(ZSTD_createCCtx(), ZSTD_freeCCtx) {
        if (!m_state)
            throw std::bad_alloc();
    }
    size_t compress(const uint8_t* page, size_t size, uint8_t* to) override {
        const size_t length = ZSTD_compressCCtx(m_state.get(), to, size - 1, page, size, fastest_level);
        if (!ZSTD_isError(length))
            return length;
        switch (ZSTD_getErrorCode(length)) {
        case ZSTD_error_dstSize_tooSmall: return 0;
        case ZSTD_error_memory_allocation: throw std::bad_alloc();
        default:
            throw std::runtime_error(std::string("zstd cannot compress a page: ") +
                                     ZSTD_getErrorName(length));
        }
    }

private:
    std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> m_state;
};

} // namespace

std::optional<page_codec> find_page_codec(std::string_view name) {
    if (name == "zlib")
        return page_codec::zlib;
    if (name == "lzo")
        return page_codec::lzo;
    if (name == "snappy")
        return page_codec::snappy;
    if (name == "zstd")
        return page_codec::zstd;
    return std::nullopt;
}

std::unique_ptr<page_compressor> make_page_compressor(page_codec codec, zlib_maker maker) {
    switch (codec) {
    case page_codec::zlib:
        if (maker == zlib_maker::zlib)
            return std::make_unique<zlib_compressor>();
        return std::make_unique<deflate_compressor>();
    case page_codec::lzo: return std::make_unique<lzo_compressor>();
    case page_codec::snappy: return std::make_unique<snappy_compressor>();
    case page_codec::zstd: return std::make_unique<zstd_compressor>();
    }
    throw std::logic_error("unknown page codec");
}

} // namespace vmcore
