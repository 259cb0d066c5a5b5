/// Disk images, without a device.

#include "models/virtio/disk_image.h"
#include "models/virtio/image_format.h"
#include "tests/platform/temporary_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;
using testing::HasSubstr;

bytes starting_with(const std::string& start, size_t size) {
    bytes contents(start.begin(), start.end());
    contents.resize(size);
    return contents;
}

disk_image::config settings(const std::string& file) {
    disk_image::config made;
    made.file = file;
    made.option = "-drive file=F";
    return made;
}

std::string refusal(const disk_image::config& wanted) {
    try {
        const disk_image opened(wanted);
        return "opened";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

TEST(disk_image, a_missing_file_is_named_with_its_option) {
    const std::string text = refusal(settings("/nowhere/disk"));
    EXPECT_THAT(text, HasSubstr("-drive file=F"));
    EXPECT_THAT(text, HasSubstr("'/nowhere/disk'"));
    EXPECT_THAT(text, HasSubstr("No such file"));
    EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(disk_image, what_is_no_disk_is_refused) {
    EXPECT_THAT(refusal(settings("/dev/null")), HasSubstr("expected a raw disk image"));
    disk_image::config directory = settings("/tmp");
    directory.read_only = true;
    EXPECT_THAT(refusal(directory), HasSubstr("expected a raw disk image"));
    const std::string pipe = "/tmp/vmcore-test-pipe-" + std::to_string(getpid());
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(refusal(settings(pipe)), HasSubstr("expected a raw disk image"));
    unlink(pipe.c_str());
}

TEST(disk_image, one_that_can_be_written_is_nobody_elses) {
    const temporary_file file(bytes(4096));
    disk_image::config to_read = settings(file.path());
    to_read.read_only = true;
    disk_image::config to_keep = settings(file.path());
    to_keep.snapshot = true;
    {
        const disk_image written(settings(file.path()));
        EXPECT_THAT(refusal(settings(file.path())), HasSubstr("in use by another drive or process"));
        EXPECT_THAT(refusal(to_read), HasSubstr("expected an image that nobody else writes"));
        EXPECT_THAT(refusal(to_keep), HasSubstr("expected an image that nobody else writes"));
    }
    const disk_image read(to_read);
    EXPECT_EQ(refusal(to_read), "opened");
    EXPECT_EQ(refusal(to_keep), "opened");
    EXPECT_THAT(refusal(settings(file.path())), HasSubstr("expected an image that nobody else has open"));
}

TEST(disk_image, other_formats_are_refused_unless_raw_was_asked_for) {
    const temporary_file file(starting_with("QFI\xfb", 4096));
    EXPECT_THAT(refusal(settings(file.path())), HasSubstr("format qcow2, expected a raw one"));
    disk_image::config raw = settings(file.path());
    raw.probe = false;
    EXPECT_EQ(refusal(raw), "opened");
}

TEST(disk_image, a_guest_cannot_make_a_probed_image_another_format) {
    const temporary_file file(bytes(4096));
    const bytes header = starting_with("QFI\xfb", 512);
    disk_image::config wanted = settings(file.path());
    {
        disk_image probed(wanted);
        EXPECT_FALSE(probed.write(0, header.data(), header.size()));
        EXPECT_TRUE(probed.write(512, header.data(), header.size()));
    }
    wanted.probe = false;
    disk_image raw(wanted);
    EXPECT_TRUE(raw.write(0, header.data(), header.size()));
}

TEST(disk_image, the_last_sector_may_be_partly_behind_the_end) {
    const temporary_file file(bytes(1000, 'a'));
    disk_image image(settings(file.path()));
    EXPECT_EQ(image.sectors(), 2u);
    bytes sector(512);
    EXPECT_TRUE(image.read(512, sector.data(), 512));
    bytes expected(512);
    std::fill_n(expected.begin(), 488, 'a');
    EXPECT_EQ(sector, expected);
}

TEST(disk_image, an_empty_file_is_a_disk_without_sectors) {
    const temporary_file file({});
    EXPECT_EQ(disk_image(settings(file.path())).sectors(), 0u);
}

TEST(disk_image, a_snapshot_keeps_what_was_written_between_the_blocks) {
    const temporary_file file(bytes(20000, 'a'));
    disk_image::config wanted = settings(file.path());
    wanted.snapshot = true;
    disk_image image(wanted);
    const bytes written(9000, 'b');
    EXPECT_TRUE(image.write(3000, written.data(), written.size()));
    bytes expected(20000, 'a');
    std::fill_n(expected.begin() + 3000, 9000, 'b');
    bytes found(20000);
    EXPECT_TRUE(image.read(0, found.data(), found.size()));
    EXPECT_EQ(found, expected);
    wanted.snapshot = false;
    wanted.read_only = true;
    EXPECT_TRUE(disk_image(wanted).read(0, found.data(), found.size()));
    EXPECT_EQ(found, bytes(20000, 'a'));
}

TEST(disk_image, a_snapshot_without_a_place_for_it_is_refused) {
    const temporary_file file(bytes(512));
    disk_image::config wanted = settings(file.path());
    wanted.snapshot = true;
    setenv("TMPDIR", "/nowhere", 1);
    EXPECT_THAT(refusal(wanted), HasSubstr("snapshot=on: cannot make a temporary file '/nowhere/"));
}

TEST(disk_image, a_file_that_may_only_be_read_is_opened_read_only) {
    disk_image::config wanted = settings("/proc/self/exe");
    wanted.read_only = true;
    disk_image image(wanted);
    uint8_t start[4];
    EXPECT_TRUE(image.read(0, start, sizeof start));
    EXPECT_EQ(start[1], 'E');
    EXPECT_FALSE(image.write(0, start, sizeof start));
}

} // namespace
} // namespace vmcore::test
