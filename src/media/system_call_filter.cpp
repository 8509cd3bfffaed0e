#include "media/system_call_filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace sitepod::media {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr std::uint32_t kX32Bit = 0x40000000;  // the other numbering on x86-64
constexpr std::uint32_t kNewNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// Numbers that the headers of Debian 12 do not know; equal on every machine.
constexpr int kFchmodat2 = 452;
constexpr int kSetxattrat = 463;
constexpr int kRemovexattrat = 466;
constexpr int kFileSetattr = 469;

// Whether for pictures or for films: no network, nobody else's process, no mounts, no escape from the process group
// that is ended with the worker, no change to files that are not open for writing (Landlock judges neither owners,
// modes, times nor attributes, and truncation only since Linux 6.2), none of the kernel's rarely used doors.
constexpr int kNever[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_kill,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_truncate,
    SYS_fchmod,
    SYS_fchmodat,
    kFchmodat2,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    kSetxattrat,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    kRemovexattrat,
    kFileSetattr,
#ifdef SYS_chmod
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
    SYS_setsid,
    SYS_setpgid,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_personality,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_memfd_create,
    SYS_shmget,
    SYS_shmat,
    SYS_msgget,
    SYS_semget,
    SYS_mq_open,
};
constexpr int kProgramStarts[] = {
    SYS_execve,
    SYS_execveat,
};

constexpr int kProcessStarts[] = {
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
};
enum class Processes : std::uint8_t { Forbidden, Allowed };

class Filter {
 public:
  // Of the calls that start processes, nothing else: on top of the filter of the process that started this one.
  Filter() {
    load_call();
    for (const int call : kProcessStarts) refuse(call, EPERM);
    refuse(SYS_clone3, ENOSYS);
    judge_clone(Processes::Forbidden);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  explicit Filter(Programs programs) {
    load_call();
    for (const int call : kNever) refuse(call, EPERM);
    if (programs == Programs::Forbidden) {
      for (const int call : kProgramStarts) refuse(call, EPERM);
      for (const int call : kProcessStarts) refuse(call, EPERM);
    }
    // Its flags lie in memory, out of the filter's sight: libc falls back to clone.
    refuse(SYS_clone3, ENOSYS);
    refuse(SYS_openat2, ENOSYS);
#ifdef SYS_open
    judge_truncation(SYS_open, 1);
#endif
    judge_truncation(SYS_openat, 2);
    judge_clone(programs == Programs::Allowed ? Processes::Allowed : Processes::Forbidden);
    // abort() signals the own thread; another process may not be signalled, its limits not changed.
    allow_only_argument(SYS_tgkill, static_cast<std::uint32_t>(::getpid()));
    allow_only_argument(SYS_prlimit64, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  bool install() {
    const sock_fprog program{static_cast<unsigned short>(steps_.size()), steps_.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
  }

 private:
  void add(unsigned code, std::uint32_t value) { steps_.push_back({static_cast<std::uint16_t>(code), 0, 0, value}); }
  // The number of the call, when it is one of this machine's own.
  void load_call() {
    load(offsetof(seccomp_data, arch));
    skip_unless_equal(kArchitecture, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    steps_.push_back({BPF_JMP | BPF_JGE | BPF_K, 0, 1, kX32Bit});
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
#endif
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  // The low half: these arguments have 32 bits, and the machines known above are little-endian.
  void load_argument(std::size_t number = 0) {
    load(offsetof(seccomp_data, args) + number * sizeof(seccomp_data::args[0]));
  }
  void skip_unless_equal(std::uint32_t value, std::uint8_t if_equal, std::uint8_t otherwise) {
    steps_.push_back({BPF_JMP | BPF_JEQ | BPF_K, if_equal, otherwise, value});
  }
  void fail(int error_number) { add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)); }
  void refuse(int call, int error_number) {
    skip_unless_equal(static_cast<std::uint32_t>(call), 0, 1);
    fail(error_number);
  }
  void allow_only_argument(int call, std::uint32_t value) {
    skip_unless_equal(static_cast<std::uint32_t>(call), 0, 4);
    load_argument();
    skip_unless_equal(value, 1, 0);
    fail(EPERM);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  // Opening truncates also what is opened for reading only, which older Landlock takes for reading.
  void judge_truncation(int call, std::size_t flags_argument) {
    skip_unless_equal(static_cast<std::uint32_t>(call), 0, 7);
    load_argument(flags_argument);
    steps_.push_back({BPF_JMP | BPF_JSET | BPF_K, 0, 4, O_TRUNC});
    add(BPF_ALU | BPF_AND | BPF_K, O_ACCMODE);
    skip_unless_equal(O_WRONLY, 2, 0);
    skip_unless_equal(O_RDWR, 1, 0);
    fail(EPERM);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  void judge_clone(Processes processes) {
    const bool only_threads = processes == Processes::Forbidden;
    skip_unless_equal(SYS_clone, 0, only_threads ? 6 : 4);
    load_argument();
    steps_.push_back({BPF_JMP | BPF_JSET | BPF_K, 0, 1, kNewNamespaces});
    fail(EPERM);
    if (only_threads) {
      steps_.push_back({BPF_JMP | BPF_JSET | BPF_K, 1, 0, CLONE_THREAD});
      fail(EPERM);
    }
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  std::vector<sock_filter> steps_;
};

}  // namespace

bool filter_system_calls(Programs programs) {
  if (kArchitecture == 0) {
    errno = ENOSYS;
    return false;
  }
  return Filter(programs).install();
}

bool forbid_processes() {
  if (kArchitecture == 0) {
    errno = ENOSYS;
    return false;
  }
  return Filter().install();
}

}  // namespace sitepod::media
