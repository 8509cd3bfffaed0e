// What the server does about a worker that misbehaves, and what a worker cannot do.
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>

#include "base/fd.hpp"
#include "media/confinement.hpp"
#include "media/processing_fixture.hpp"
#include "media/program.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {
namespace {

class Worker : public Processing {
 protected:
  // A worker that runs this shell script in its folder.
  Result<Processed> process_by(const std::string& script, Limits limits = {}) {
    const std::string path = folder_.path() + "/worker";
    write(path, "#!/bin/sh\n" + script, 0755);
    Processor processor(limits, path);
    return process_with(processor, samples::jpeg(), "photo.jpg");
  }
};

TEST_F(Worker, IsKilledWithWhatItStartedWhenItsTimeIsOver) {
  const auto start = std::chrono::steady_clock::now();
  const auto processed = process_by("sleep 60 & echo $! > " + folder_.path() + "/child; wait",
                                    {.picture_patience = std::chrono::seconds(1)});
  EXPECT_EQ(code_of(processed), "media_unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  const pid_t child = std::stoi(*read_file(folder_.path() + "/child"));
  // It is init's now; its descriptor becomes readable when it has ended, and there is none when it was collected
  // before.
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!process) {
    EXPECT_EQ(errno, ESRCH);
    return;
  }
  pollfd ended{process.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 5000), 1) << "still running";
}

TEST_F(Worker, ThatWritesWithoutEndIsKilledWhenItsTimeIsOver) {
  EXPECT_EQ(code_of(process_by("exec yes", {.picture_patience = std::chrono::seconds(1)})), "media_unavailable");
}

TEST_F(Worker, ThatCrashesRefusesTheFile) {
  EXPECT_EQ(code_of(process_by("kill -SEGV $$")), "media_unreadable");
  EXPECT_EQ(code_of(process_by("kill -XCPU $$")), "media_too_large");
  EXPECT_EQ(code_of(process_by("kill -ABRT $$")), "media_too_large");
}

TEST_F(Worker, IsNotBelieved) {
  EXPECT_EQ(code_of(process_by("exit 0")), "internal") << "no report";
  EXPECT_EQ(code_of(process_by("printf 'done\\nwhole 1 1\\nend\\n'")), "internal") << "no file";
  EXPECT_EQ(code_of(process_by("ln -s /etc/passwd whole; printf 'done\\nwhole 1 1\\nend\\n'")), "internal") << "a link";
  EXPECT_EQ(code_of(process_by("echo x > a; ln a whole; printf 'done\\nwhole 1 1\\nend\\n'")), "internal")
      << "a second name";
  EXPECT_EQ(code_of(process_by("mkfifo whole; printf 'done\\nwhole 1 1\\nend\\n'")), "internal") << "a pipe";
  EXPECT_EQ(code_of(process_by("echo x > whole; printf 'done\\nwhole 0 1\\nend\\n'")), "internal") << "sizes";
  EXPECT_EQ(code_of(process_by("yes | head -c 1000000")), "internal") << "a flood";
  EXPECT_EQ(code_of(process_by("echo x > whole; printf 'done\\nwhole 1 1\\nend\\n'")), "ok");
}

TEST_F(Worker, ThatCannotBeStartedIsUnavailable) {
  Processor processor({}, folder_.path() + "/absent");
  EXPECT_EQ(code_of(process_with(processor, samples::jpeg(), "photo.jpg")), "media_unavailable");
}

TEST_F(Worker, SeesNothingOfTheServersEnvironment) {
  ::setenv("SITEPOD_SECRET", "hush", 1);
  const auto processed = process_by("env > whole; printf 'done\\nend\\n'");
  ::unsetenv("SITEPOD_SECRET");
  ASSERT_TRUE(processed.ok());
  EXPECT_FALSE(contains(*read_file(processed->path), "hush"));
}

TEST_F(Worker, CallersThatWaitTooLongForATurnAreToldSo) {
  Processor processor({.turn_patience = std::chrono::seconds(0), .picture_workers = 0});
  EXPECT_EQ(code_of(process_with(processor, samples::jpeg(), "photo.jpg")), "media_unavailable");
  EXPECT_EQ(code_of(process_with(processor, "no worker is needed", "a.txt")), "ok");
}

TEST_F(Worker, OtherFilesStayAsTheyAre) {
  const auto processed = process("PK\x03\x04 album", "album.zip");
  ASSERT_TRUE(processed.ok());
  EXPECT_EQ(processed->path, folder_.path() + "/input");
  EXPECT_EQ(processed->form.extension, "zip");
}

// In a process of its own; true when the attempt succeeded although the process was confined.
bool succeeds_confined(const Confinement& confinement, const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto confined = confine(confinement);
    ::_exit(!confined.ok() ? 2 : attempt() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_NE(WEXITSTATUS(status), 2) << "not confined";
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

class Confined : public Processing {
 protected:
  void SetUp() override {
    write(folder_.path() + "/input", "foreign bytes");
    input_ = open_file(folder_.path() + "/input", O_RDONLY).value();
    confinement_ = {input_.get(), false, 1ull << 40, 1 << 20, 60};
    ASSERT_EQ(::chdir(folder_.path().c_str()), 0);
  }
  void TearDown() override { ASSERT_EQ(::chdir("/"), 0); }

  UniqueFd input_;
  Confinement confinement_;
};

TEST_F(Confined, ReachesNoNetwork) {
  EXPECT_FALSE(succeeds_confined(confinement_, [] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }));
  EXPECT_FALSE(succeeds_confined(confinement_, [] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }));
}

TEST_F(Confined, SignalsNobody) {
  const pid_t parent = ::getpid();
  EXPECT_FALSE(succeeds_confined(confinement_, [&] { return ::kill(parent, 0) == 0; }));
  EXPECT_FALSE(succeeds_confined(confinement_, [&] { return ::syscall(SYS_tgkill, parent, parent, 0) == 0; }));
}

TEST_F(Confined, ReadsNoFileButItsOwn) {
  EXPECT_TRUE(succeeds_confined(confinement_, [] { return true; })) << "the test itself";
  EXPECT_FALSE(succeeds_confined(confinement_, [] { return ::open("/etc/passwd", O_RDONLY) >= 0; }));
  EXPECT_FALSE(succeeds_confined(confinement_, [] { return ::open("/tmp", O_RDONLY) >= 0; }));
  EXPECT_FALSE(
      succeeds_confined(confinement_, [] { return ::open("/tmp/sitepod-confined", O_WRONLY | O_CREAT, 0600) >= 0; }));
}

TEST_F(Confined, StartsNoPrograms) {
  EXPECT_FALSE(succeeds_confined(confinement_, [] {
    ::execl("/bin/true", "true", nullptr);
    return errno != EPERM;
  }));
  EXPECT_FALSE(succeeds_confined(confinement_, [] { return ::fork() >= 0; }));
}

TEST_F(Confined, StartsOneProgramForAFilmAndThatStartsNone) {
  confinement_.may_start_programs = true;
  EXPECT_TRUE(succeeds_confined(confinement_, [] { return run_program({"/bin/true"}).value().is_good(); }));
  EXPECT_FALSE(succeeds_confined(confinement_, [] {
    return run_program({"/bin/sh", "-c", "/bin/true; exit $?"}).value().is_good();
  }));
}

TEST_F(Confined, ChangesNothingButTheContentOfItsFiles) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  const auto fails = [this](const std::function<bool(int)>& attempt) {
    return !succeeds_confined(confinement_, [&] {
      ::unlink("own");
      const UniqueFd own(::open("own", O_RDWR | O_CREAT | O_TRUNC, 0600));
      if (!own || ::write(own.get(), "x", 1) != 1) ::_exit(3);
      return attempt(own.get());
    });
  };
  EXPECT_FALSE(fails([](int) { return true; })) << "the test itself";
  EXPECT_FALSE(fails([](int own) { return ::ftruncate(own, 0) == 0; })) << "it is open for writing";
  EXPECT_TRUE(fails([](int) { return ::truncate("own", 0) == 0; }));
  EXPECT_TRUE(fails([](int) { return ::open("own", O_RDONLY | O_TRUNC) >= 0; }));
  EXPECT_TRUE(fails([](int) { return ::syscall(SYS_open, "own", O_ACCMODE | O_TRUNC) >= 0; }));
  EXPECT_TRUE(fails([](int) { return ::chmod("own", 0644) == 0; }));
  EXPECT_TRUE(fails([](int own) { return ::fchmod(own, 0644) == 0; }));
  EXPECT_TRUE(fails([](int) { return ::chown("own", ::geteuid(), ::getegid()) == 0; }));
  EXPECT_TRUE(fails([](int own) { return ::fchown(own, ::geteuid(), ::getegid()) == 0; }));
  EXPECT_TRUE(fails([](int) { return ::utimensat(AT_FDCWD, "own", nullptr, 0) == 0; }));
  EXPECT_TRUE(fails([](int own) { return ::fsetxattr(own, "user.a", "b", 1, 0) == 0 || errno != EPERM; }));
  EXPECT_TRUE(fails([](int) { return ::setxattr("own", "user.a", "b", 1, 0) == 0 || errno != EPERM; }));
}

TEST_F(Confined, EndsWithTheThreadThatStartedIt) {
  EXPECT_TRUE(succeeds_confined(confinement_, [] {
    int signal = 0;
    return ::prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL;
  }));
}

TEST_F(Confined, StartsThreads) {
  EXPECT_TRUE(succeeds_confined(confinement_, [] {
    bool ran = false;
    std::thread([&] { ran = true; }).join();
    return ran;
  }));
}

TEST_F(Confined, WritesNoLargeFile) {
  confinement_.output_bytes = 4096;
  const pid_t child = ::fork();
  if (child == 0) {
    const UniqueFd file = open_file("large", O_WRONLY | O_CREAT, 0600).value();
    if (!confine(confinement_).ok()) ::_exit(2);
    for (int i = 0; i < 8; ++i) static_cast<void>(write_all(file.get(), std::string(1024, 'x')));
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
}

TEST(WorkerReport, SurvivesTheJourney) {
  WorkerReport report;
  report.whole = {1700, 100};
  report.copies = {{480, 28}, {960, 56}};
  report.transcoding_due = true;
  EXPECT_EQ(*parse_report(write_report(report)), report);
  const auto refused = parse_report(write_report(invalid("media_too_large", "too\nlarge")));
  EXPECT_EQ(refused.error().code, "media_too_large");
  EXPECT_EQ(refused.error().message, "too large");
  const auto full = parse_report(write_report(from_errno(ENOSPC, "write whole")));
  EXPECT_EQ(full.error().kind, ErrorKind::Unavailable) << "not the sender's fault";
  EXPECT_TRUE(contains(full.error().context, "write whole")) << full.error().context;
}

TEST(WorkerReport, RefusesWhatIsNone) {
  for (const std::string text :
       {"", "done\n", "done\nend", "end\n", "\nend\n", "done\nwhole 1\nend\n", "done\nwhole 1 65536\nend\n",
        "done\nwhole -1 1\nend\n", "done\nwhole 1 1 \nend\n", "done\ncopy 2 1\ncopy 2 1\nend\n", "done\nother\nend\n"})
    EXPECT_EQ(parse_report(text).error().code, "internal") << text;
}

}  // namespace
}  // namespace sitepod::media
