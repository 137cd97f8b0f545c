import type { PresetProfile, PresetRule } from "./form.js";
import { PERSONALITY } from "./shared-rules.js";

/** Fail with EPERM, where the default is ENOSYS: programs must not think that the kernel is old. */
const DENIED = `
  bdflush cachestat futex_requeue futex_wait futex_waitv futex_wake io_pgetevents
  io_pgetevents_time64 kexec_file_load kexec_load map_shadow_stack migrate_pages move_pages
  nfsservctl nice oldfstat oldlstat oldolduname oldstat olduname pciconfig_iobase
  pciconfig_read pciconfig_write sgetmask ssetmask swapoff swapon syscall sysfs uselib
  userfaultfd ustat vm86 vm86old vmsplice
`;

/** What every container may call; the kernel's own capability checks do the rest. */
const ALLOWED = `
  _llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir chmod
  chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
  clock_gettime64 clock_nanosleep clock_nanosleep_time64 clone clone3 close close_range
  connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl
  epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve
  execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_init
  fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64
  fdatasync fgetxattr flistxattr flock fork fremovexattr fsconfig fsetxattr fsmount fsopen
  fspick fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex
  futex_time64 futimesat get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents
  getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32
  getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
  getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid
  gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1
  inotify_rm_watch io_cancel io_destroy io_getevents io_setup io_submit ioctl ioprio_get
  ioprio_set ipc keyctl kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
  lchown lchown32 lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek
  lsetxattr lstat lstat64 madvise mbind membarrier memfd_create memfd_secret mincore mkdir
  mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mount mount_setattr move_mount
  mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
  mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall
  munmap name_to_handle_at nanosleep newfstatat open open_tree openat openat2 pause
  pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 pivot_root pkey_alloc pkey_free
  pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64
  process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64
  pwritev pwritev2 read readahead readlink readlinkat readv reboot recv recvfrom recvmmsg
  recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2
  restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
  rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
  sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
  sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget
  semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto
  set_mempolicy set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid
  setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setns setpgid setpriority
  setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
  setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown
  sigaltstack signal signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice
  stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs sysinfo
  syslog tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime
  timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64
  ugetrlimit umask umount umount2 uname unlink unlinkat unshare utime utimensat
  utimensat_time64 utimes vfork wait4 waitid waitpid write writev
`;

/** Allowed with the capability, EPERM without it. */
function gated(caps: string, names: string): readonly PresetRule[] {
  return [
    { names, only: { caps } },
    { names, errno: "EPERM", not: { caps } },
  ];
}

/** Without CAP_AUDIT_WRITE no socket(AF_NETLINK, _, NETLINK_AUDIT); one line stands twice upstream. */
const AUDIT: readonly PresetRule[] = [
  {
    names: "socket",
    errno: "EINVAL",
    when: [
      [0, "EQ", 16],
      [2, "EQ", 9],
    ],
    not: { caps: "AUDIT_WRITE" },
  },
  { names: "socket", when: [[2, "NE", 9]], not: { caps: "AUDIT_WRITE" } },
  { names: "socket", when: [[0, "NE", 16]], not: { caps: "AUDIT_WRITE" } },
  { names: "socket", when: [[2, "NE", 9]], not: { caps: "AUDIT_WRITE" } },
  { names: "socket", only: { caps: "AUDIT_WRITE" } },
];

/** In the order of the original: architectures, capabilities. */
const GATED: readonly PresetRule[] = [
  { names: "sync_file_range2 swapcontext", only: { arches: "ppc64le" } },
  {
    names: "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
    only: { arches: "arm arm64" },
  },
  { names: "arch_prctl", only: { arches: "amd64 x32" } },
  { names: "modify_ldt", only: { arches: "amd64 x32 x86" } },
  {
    names: "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
    only: { arches: "s390 s390x" },
  },
  { names: "riscv_flush_icache", only: { arches: "riscv64" } },
  ...gated("DAC_READ_SEARCH", "open_by_handle_at"),
  {
    names: "bpf lookup_dcookie quotactl quotactl_fd setdomainname sethostname setns",
    only: { caps: "SYS_ADMIN" },
  },
  {
    names: "lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname sethostname setns",
    errno: "EPERM",
    not: { caps: "SYS_ADMIN" },
  },
  ...gated("SYS_CHROOT", "chroot"),
  ...gated("SYS_MODULE", "delete_module finit_module init_module query_module"),
  ...gated("SYS_PACCT", "acct"),
  ...gated("SYS_PTRACE", "kcmp process_madvise"),
  ...gated("SYS_RAWIO", "ioperm iopl"),
  ...gated("SYS_TIME", "clock_settime clock_settime64 settimeofday stime"),
  ...gated("SYS_TTY_CONFIG", "vhangup"),
  ...AUDIT,
  { names: "bpf", errno: "EPERM", not: { caps: "SYS_ADMIN BPF" } },
  { names: "bpf", only: { caps: "BPF" } },
  { names: "perf_event_open", errno: "EPERM", not: { caps: "SYS_ADMIN BPF" } },
  { names: "perf_event_open", only: { caps: "PERFMON" } },
];

/**
 * The profile of Podman, Buildah and CRI-O (github.com/containers/common, pkg/seccomp/seccomp.json at
 * f437c58, before the repository moved in 2025): what it does not know is not implemented (ENOSYS).
 */
export const PODMAN_DEFAULT: PresetProfile = {
  summary:
    "Podman's and CRI-O's profile of 2025 (containers/common f437c58 pkg/seccomp/seccomp.json)",
  defaultAction: "ERRNO",
  defaultErrno: "ENOSYS",
  archMap: [
    ["X86_64", "X86 X32"],
    ["AARCH64", "ARM"],
    ["MIPS64", "MIPS MIPS64N32"],
    ["MIPS64N32", "MIPS MIPS64"],
    ["MIPSEL64", "MIPSEL MIPSEL64N32"],
    ["MIPSEL64N32", "MIPSEL MIPSEL64"],
    ["S390X", "S390"],
  ],
  rules: [{ names: DENIED, errno: "EPERM" }, { names: ALLOWED }, ...PERSONALITY, ...GATED],
};
