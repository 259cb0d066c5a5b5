#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <systemc>

/// SystemC owns main(), so the tests start here.
int sc_main(int argc, char** argv) {
    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR,
                                            sc_core::SC_LOG | sc_core::SC_DISPLAY | sc_core::SC_THROW);
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
