/**
 * Which groups of constants (see CONSTANT_TABLE) belong to which argument: `call index:group+group`.
 * `index?` = taken when a call is read, not shown when one is written, as the meaning depends on
 * another argument. Indexes are those of {@link syscallSignature} on x86_64. Source: man-pages 2.
 */
const USES = `
accept4 3:sockflag
access 1:access
add_key 4:keyspec
arch_prctl 0:archprctl
arm_fadvise64_64 1:fadvise
arm_sync_file_range 1:syncrange
bpf 0:bpf
chmod 1:mode
clock_adjtime 0:clock
clock_adjtime64 0:clock
clock_getres 0:clock
clock_getres_time64 0:clock
clock_gettime 0:clock
clock_gettime64 0:clock
clock_nanosleep 0:clock 1:timerflag
clock_nanosleep_time64 0:clock 1:timerflag
clock_settime 0:clock
clock_settime64 0:clock
clone 0:clone+signal
close_range 2:closerange
creat 1:mode
dup3 2:open
epoll_create1 0:epoll
epoll_ctl 1:epollctl
eventfd2 1:eventfd
execveat 0:at 4:atflag
faccessat 0:at 2:access
faccessat2 0:at 2:access 3:atflag
fadvise64 3:fadvise
fadvise64_64 3:fadvise
fallocate 1:fallocate
fanotify_init 0:fanotifyinit 1:open
fanotify_mark 1:fanotifymark 2:fanotifymask 3:at
fchmod 1:mode
fchmodat 0:at 2:mode
fchmodat2 0:at 2:mode 3:atflag
fchownat 0:at 4:atflag
fcntl 1:fcntl 2?:open+fcntlarg+signal
fcntl64 1:fcntl+fcntl64 2?:open+fcntlarg+signal
file_getattr 0:at
file_setattr 0:at
finit_module 2:module
flock 1:flock
fsconfig 1:fsconfig 4?:at
fsetxattr 4:xattr
fsmount 1:fsmount 2:mountattr
fsopen 1:fsopen
fspick 0:at 2:fspick
fstatat64 0:at 3:atflag
futex 1:futex
futex_time64 1:futex
futex_waitv 4:clock
futimesat 0:at
get_mempolicy 4:mpolflag
getitimer 0:itimer
getpriority 0:prio
getrandom 2:getrandom
getrlimit 0:rlimit
getrusage 0:rusage
getsockopt 1:sol+solsocket+ipproto 2?:so+ip+ipv6+tcp
inotify_add_watch 2:inotify
inotify_init1 0:inotifyinit
io_uring_enter 3:iouringenter
io_uring_register 1:iouringregister
ioctl 1:ioctl
ipc 0:ipccall
kcmp 2:kcmp
kexec_file_load 4:kexecfile
kexec_load 3:kexec
keyctl 0:keyctl 1?:keyspec 2?:keyspec
kill 1:signal
landlock_add_rule 1:landlockrule
landlock_create_ruleset 2:landlock
linkat 0:at 2:at 4:atflag
lseek 2:seek
_llseek 4:seek
lsetxattr 4:xattr
madvise 2:madvise
mbind 2:mempolicy 5:mpolflag
membarrier 0:membarrier 1:membarrierflag
memfd_create 1:memfd
mkdir 1:mode
mkdirat 0:at 2:mode
mknod 1:mode
mknodat 0:at 2:mode
mlock2 2:mlock2
mlockall 0:mlockall
mmap 2:prot 3:map
mmap2 2:prot 3:map
mount 3:mount
mount_setattr 0:at 2:atflag
move_mount 0:at 2:at 4:movemount
move_pages 5:mpolflag
mprotect 2:prot
mq_open 1:open 2:mode
mremap 3:mremap
msgctl 1:ipccmd+msgcmd
msgget 0?:ipc 1:ipc+mode
msgrcv 4:ipc+msgrcv
msgsnd 3:ipc
msync 2:msync
name_to_handle_at 0:at 4:atflag
newfstatat 0:at 3:atflag
open 1:open 2:mode
open_by_handle_at 0:at 2:open
open_tree 0:at 2:opentree+open+atflag
open_tree_attr 0:at 2:opentree+open+atflag
openat 0:at 2:open 3:mode
openat2 0:at
perf_event_open 4:perf
personality 0:personality
pidfd_open 1:pidfd
pidfd_send_signal 1:signal
pipe2 1:open
pkey_alloc 1:pkey
pkey_mprotect 2:prot
prctl 0:prctl 1?:prctlarg+cap+seccompmode+signal 2?:prctlarg+cap 3?:prctlarg
preadv2 5:rwf
prlimit64 1:rlimit
process_madvise 3:madvise
ptrace 0:ptrace 3?:ptraceopt+signal
pwritev2 5:rwf
readlinkat 0:at
reboot 0:rebootmagic 1:rebootmagic 2:reboot
recv 3:msg
recvfrom 3:msg
recvmmsg 3:msg
recvmmsg_time64 3:msg
recvmsg 2:msg
remap_file_pages 2:prot 4:map
renameat 0:at 2:at
renameat2 0:at 2:at 4:rename
rseq 2:rseq
rt_sigaction 0:signal
rt_sigprocmask 0:sighow
rt_sigqueueinfo 1:signal
rt_tgsigqueueinfo 2:signal
sched_get_priority_max 0:sched
sched_get_priority_min 0:sched
sched_setscheduler 1:sched
seccomp 0:seccomp 1:seccompflag
semctl 2:ipccmd+semcmd
semget 0?:ipc 2:ipc+mode
send 3:msg
sendmmsg 3:msg
sendmsg 2:msg
sendto 3:msg
set_mempolicy 0:mempolicy
setitimer 0:itimer
setns 1:clone
setpriority 0:prio
setrlimit 0:rlimit
setsockopt 1:sol+solsocket+ipproto 2?:so+ip+ipv6+tcp
setxattr 4:xattr
setxattrat 0:at 2:atflag
getxattrat 0:at 2:atflag
listxattrat 0:at 2:atflag
removexattrat 0:at 2:atflag
shmat 2:shmat
shmctl 1:ipccmd+shmcmd
shmget 0?:ipc 2:ipc+shm+mode
shutdown 1:shut
sigaction 0:signal
signal 0:signal
signalfd4 3:signalfd
sigprocmask 0:sighow
socket 0:family 1:socktype+sockflag 2?:ipproto+netlink
socketcall 0:socketcall
socketpair 0:family 1:socktype+sockflag 2?:ipproto
splice 5:splice
statx 0:at 2:atflag+statxflag 3:statx
swapon 1:swap
symlinkat 1:at
sync_file_range 3:syncrange
sync_file_range2 1:syncrange
syslog 0:syslog
tee 3:splice
tgkill 2:signal
timer_create 0:clock
timer_settime 1:timerflag
timer_settime64 1:timerflag
timerfd_create 0:clock 1:timerfd
timerfd_settime 1:timerfdset
timerfd_settime64 1:timerfdset
tkill 1:signal
ugetrlimit 0:rlimit
umask 0:mode
umount2 1:umount
unlinkat 0:at 2:atflag
unshare 0:clone
userfaultfd 0:userfaultfd+open
utimensat 0:at 3:atflag
utimensat_time64 0:at 3:atflag
vmsplice 3:splice
wait4 2:wait
waitid 0:waitid 3:wait
waitpid 2:wait
`;

/** Groups of which an argument holds one member: no two are ever joined by `|`. */
const ENUMERATIONS: ReadonlySet<string> = new Set(
  "signal fcntl fcntl64 sighow madvise family socktype sol solsocket ipproto netlink so prctl ioctl seccomp ptrace bpf keyctl keyspec kcmp clock itimer rlimit rusage prio ipccmd ipccall shmcmd semcmd msgcmd epollctl waitid rebootmagic reboot seek fadvise iouringregister membarrier archprctl landlockrule fsconfig shut syslog socketcall".split(
    " ",
  ),
);

/** Whether an argument holds one of the group's constants at most, rather than a sum of them. */
export function isEnumeration(group: string): boolean {
  return ENUMERATIONS.has(group);
}

export interface ArgumentUse {
  readonly groups: readonly string[];
  /** Whether the number alone tells its name. */
  readonly shown: boolean;
}

let table: Map<string, Map<number, ArgumentUse>> | undefined;

function parseUses(): Map<string, Map<number, ArgumentUse>> {
  const uses = new Map<string, Map<number, ArgumentUse>>();
  for (const line of USES.trim().split("\n")) {
    const [name = "", ...fields] = line.split(" ");
    const args = new Map<number, ArgumentUse>();
    for (const field of fields) {
      const [index = "", groups = ""] = field.split(":");
      const shown = !index.endsWith("?");
      args.set(Number.parseInt(index, 10), { groups: groups.split("+"), shown });
    }
    uses.set(name, args);
  }
  return uses;
}

/** The constants that belong to argument `index` of a call. */
export function argumentUse(call: string, index: number): ArgumentUse | undefined {
  table ??= parseUses();
  return table.get(call)?.get(index);
}

/** Every call that has an argument with named values, for tests and documentation. */
export function callsWithConstants(): readonly string[] {
  table ??= parseUses();
  return [...table.keys()];
}
