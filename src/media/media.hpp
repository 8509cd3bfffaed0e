// Makes uploaded files fit to be published: pictures become WebP in several widths, PDF and video lose their metadata,
// QuickTime becomes MP4, everything else stays as it is. Equal originals give equal bytes. The work is done by a
// process of its own with few rights, little memory and little time (docs/adr/0011-media-worker.md), because decoders
// of foreign bytes are where programs are broken into. Processor is a resource; process() may be called by any thread
// and blocks until the worker is done.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "media/kind.hpp"

namespace sitepod::media {

// What to do with a QuickTime file whose codecs do not fit into MP4: turning it into MP4 may take minutes.
enum class Transcoding : std::uint8_t {
  Now,
  Later,  // only its metadata is removed; `transcoding_due` of the answer says that it has to be processed again
};

struct Request {
  std::string input;   // the file as it was sent; its mode may be changed, its bytes are not
  std::string name;    // as the client sent it; for messages, and for the extension of what is not processed
  std::string folder;  // an existing folder of the caller on a local disk: the results are made in it
  Transcoding transcoding = Transcoding::Now;
};

// A narrower copy of a picture.
struct Copy {
  std::string path;
  int width = 0;
  int height = 0;
};

// Every path is a file in the request's folder, complete but not fsynced; the caller owns it, and removes it with the
// folder.
struct Processed {
  Form form;
  std::string path;  // what to publish; the input itself when there is nothing to change
  int width = 0;     // of a picture or video as it is shown, else 0
  int height = 0;
  std::vector<Copy> copies;      // narrowest first; none for animations, documents and small pictures
  bool transcoding_due = false;  // `path` is a QuickTime file without metadata that stands in for the MP4
};

struct Limits {
  std::chrono::seconds picture_patience{90};  // also for documents
  std::chrono::seconds video_patience{1800};
  std::chrono::seconds turn_patience{120};  // for a free worker
  std::size_t picture_workers = 1;          // at the same time
  std::size_t video_workers = 1;
};

class Processor {
 public:
  // `program` is started with the word `media-worker`.
  explicit Processor(Limits limits = {}, std::string program = "/proc/self/exe");
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;

  // Errors, with a message for the sender:
  //   Invalid `media_unreadable`  the file is damaged, or is not what its name says
  //   Invalid `media_too_large`   decoding it would take too many pixels, too much memory or computing time
  //   Unavailable `media_unavailable`  a program or library is not installed (the message names it), or the machine is
  //                                    too busy to finish in time
  Result<Processed> process(const Request& request);

  // Whatever is in work ends at once, and nothing begins any more: "media_unavailable".
  void stop();

 private:
  // Callers wait in line for one of so many workers.
  struct Lane {
    std::mutex mutex;
    std::condition_variable turn_ended;
    std::size_t free = 0;  // guarded by mutex
    bool closed = false;   // guarded by mutex
  };
  class Turn;

  Result<Processed> process_by_worker(const Request& request, Form form, int input);

  const Limits limits_;
  const std::string program_;
  UniqueFd stop_;  // an event; readable from stop() on
  Lane pictures_;
  Lane videos_;
};

// What the worker needs and this machine lacks; each message names a Debian package. Opens libraries: for commands that
// end soon, not for the server.
std::vector<Error> find_missing_parts();

// The hidden word `sitepod media-worker`: what the processor starts. Ends the process.
[[noreturn]] int run_media_worker(int argc, char** argv);

}  // namespace sitepod::media
