// One thread that runs jobs in order, at once or at a given time. Never runs a job after its destructor returned.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::mqtt {

class JobThread {
 public:
  JobThread() : thread_([this] { run(); }) {}
  // Runs what is due or undated, forgets what lies in the future, joins.
  ~JobThread();
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;

  void now(std::function<void()> job) { at(Monotonic::min(), std::move(job)); }
  void at(Monotonic when, std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Monotonic, std::function<void()>> jobs_;  // equal times keep the order of their insertion
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace vouchgate::mqtt
