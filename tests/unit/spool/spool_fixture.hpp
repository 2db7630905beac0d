// A spool in a directory of its own, to be opened again and again. Never keeps two open at once.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <memory>
#include <optional>

#include "spool_user.hpp"
#include "temporary_directory.hpp"
#include "virtual_time.hpp"
#include "vouchgate/spool/open.hpp"

namespace vouchgate::support {

class SpoolFixture : public ::testing::Test {
 protected:
  SpoolFixture() { settings.path = directory.path() + "/spool"; }

  void open() {
    spool.reset();
    auto opened = spool::open(settings, time, loop.post());
    ASSERT_TRUE(opened) << opened.error().text();
    spool = std::move(*opened);
    user.emplace(*spool, loop);
  }
  std::string database() const { return settings.path + "/spool.db"; }

  TemporaryDirectory directory;
  VirtualTime time;
  ManualPost loop;
  SpoolSettings settings;
  std::unique_ptr<spool::Disk> spool;
  std::optional<SpoolUser> user;
};

}  // namespace vouchgate::support
