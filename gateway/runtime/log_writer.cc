// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/log_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/time.h"

namespace sluice::runtime {
namespace {

// Small enough that a reader who is slow makes room bit by bit.
constexpr size_t kWriteMax = 64 << 10;

// How often Flush looks.
constexpr int kFlushPauseMs = 1;

uint64_t LinesOf(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Whether `rest`, the end of `text`, begins with a line.
bool IsAtLineStart(std::string_view text, std::string_view rest) {
  return rest.size() == text.size() || text[text.size() - rest.size() - 1] == '\n';
}

// How much was written, at least one byte; 0: the descriptor takes no more, for good or for now.
size_t WriteSome(int fd, std::string_view text) {
  for (;;) {
    const ssize_t written = write(fd, text.data(), std::min(text.size(), kWriteMax));
    if (written > 0) return static_cast<size_t>(written);
    if (written < 0 && errno == EINTR) continue;
    if (written == 0 || errno != EAGAIN) return 0;
    pollfd writable{fd, POLLOUT, 0};
    poll(&writable, 1, -1);
  }
}

}  // namespace

struct LogWriter::State {
  explicit State(size_t max) : bytes_max(max) {}

  const size_t bytes_max;
  absl::Mutex mutex;
  absl::CondVar changed;  // there is work, or `ended`
  std::string waiting ABSL_GUARDED_BY(mutex);
  uint64_t untold ABSL_GUARDED_BY(mutex) = 0;  // lines that were dropped since the last notice
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  bool ended ABSL_GUARDED_BY(mutex) = false;

  std::atomic<size_t> bytes{0};  // waiting, or being written; grows under the mutex alone
  metrics::SharedCounter full;
  metrics::SharedCounter failed;

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return !waiting.empty() || untold > 0 || stopping;
  }

  // Moves what waits into `batch`; false: there is nothing, and there will be nothing.
  bool Take(std::string& batch, uint64_t& dropped) {
    absl::MutexLock lock(&mutex);
    while (!HasWork()) changed.Wait(&mutex);
    batch.clear();
    batch.swap(waiting);
    dropped = std::exchange(untold, 0);
    return !batch.empty() || dropped > 0;
  }

  // Writes as much as the descriptor takes, and makes room for as much; returns what is left.
  std::string_view Write(int fd, std::string_view text) {
    while (!text.empty()) {
      const size_t written = WriteSome(fd, text);
      if (written == 0) break;
      text.remove_prefix(written);
      Free(written);
    }
    return text;
  }

  void Free(size_t count) { bytes.fetch_sub(count, std::memory_order_release); }

  void End() {
    absl::MutexLock lock(&mutex);
    ended = true;
    changed.SignalAll();
  }
};

LogWriter::LogWriter(int fd, size_t bytes_max, Notice notice)
    : state_(std::make_shared<State>(bytes_max)),
      thread_([state = state_, fd, notice = std::move(notice)] { Run(*state, fd, notice); }) {}

LogWriter::~LogWriter() {
  bool ended = false;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->stopping = true;
    state_->changed.SignalAll();
    const Instant end = ReadClocks() + kPatience;
    while (!state_->ended && ReadClocks().steady < end) {
      state_->changed.WaitWithTimeout(&state_->mutex, end - ReadClocks().steady);
    }
    ended = state_->ended;
  }
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogWriter::Put(std::string_view line) {
  absl::MutexLock lock(&state_->mutex);
  const size_t bytes = state_->bytes.load(std::memory_order_relaxed);
  // Behind a gap everything waits for the notice, so that the gap is told where it is.
  if (state_->untold > 0 || bytes + line.size() > state_->bytes_max) {
    ++state_->untold;
    state_->full.Add();
    state_->changed.Signal();
    return;
  }
  state_->waiting.append(line);
  state_->changed.Signal();
  state_->bytes.fetch_add(line.size(), std::memory_order_relaxed);
}

bool LogWriter::Flush(absl::Duration patience) const {
  const int64_t rounds = absl::ToInt64Milliseconds(patience) / kFlushPauseMs;
  for (int64_t i = 0; state_->bytes.load(std::memory_order_acquire) > 0; ++i) {
    if (i >= rounds) return false;
    poll(nullptr, 0, kFlushPauseMs);
  }
  return true;
}

void LogWriter::Run(State& state, int fd, const Notice& notice) {
  pthread_setname_np(pthread_self(), "log");
  std::string batch;
  uint64_t dropped = 0;
  uint64_t lost = 0;    // could not be written; told with the next lines, to try at once would spin
  bool broken = false;  // the last line has no end
  while (state.Take(batch, dropped)) {
    if (broken && WriteSome(fd, "\n") == 1) broken = false;
    const std::string_view rest = state.Write(fd, batch);
    state.Free(rest.size());
    state.failed.Add(LinesOf(rest));
    broken = broken || (!rest.empty() && !IsAtLineStart(batch, rest));
    lost += LinesOf(rest) + dropped;
    // What was in the batch was put before anything was dropped.
    if (lost == 0 || broken) continue;
    const std::string line = notice(lost);
    if (WriteSome(fd, line) > 0) lost = 0;
  }
  state.End();
}

void LogWriter::Visit(metrics::Visitor& visitor) const {
  auto dropped = [&visitor](std::string_view reason, const metrics::SharedCounter& counter) {
    visitor.Count("log_lines_dropped_total",
                  "Lines that are not in the log: it is read too slowly (--log-queue-bytes), or "
                  "cannot be written.",
                  {{"reason", reason}}, counter.value());
  };
  dropped("full", state_->full);
  dropped("write_failed", state_->failed);
  visitor.Level("log_queue_bytes", "Bytes of log lines that are not written yet.", {},
                static_cast<double>(state_->bytes.load(std::memory_order_relaxed)));
}

}  // namespace sluice::runtime
