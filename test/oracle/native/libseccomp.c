/*
 * Feeds rule sets to the installed libseccomp and prints what it answers.
 *
 * Input, a line each (numbers as strtoull reads them):
 *   names            resolve mode: one name per following line until "end"; prints the number on x86_64
 *   rewritten TOKEN  the same, with the number on that architecture where multiplexers are taken
 *   F default badarch optimize
 *   A token          adds an architecture; 0 is the native one
 *   D token          removes an architecture
 *   T                lets the call -1 have rules (SCMP_FLTATR_API_TSKIP)
 *   R action NAME|#number nargs [index op value value2]...
 *   E                exports; prints "rc rc ..." and the program in hex
 * A set that takes longer than two seconds prints "hang".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char lines[4096][4096];

static void print_program(scmp_filter_ctx ctx)
{
	int fd = memfd_create("bpf", 0);
	int rc = seccomp_export_bpf(ctx, fd);
	if (rc != 0) {
		printf("export %d\n", rc);
		return;
	}
	off_t size = lseek(fd, 0, SEEK_END);
	unsigned char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	for (off_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void run_set(int count)
{
	scmp_filter_ctx ctx = NULL;
	for (int i = 0; i < count; i++) {
		char *save, *word = strtok_r(lines[i], " \n", &save);
		if (word[0] == 'F') {
			uint32_t def = strtoull(strtok_r(NULL, " \n", &save), NULL, 0);
			uint32_t bad = strtoull(strtok_r(NULL, " \n", &save), NULL, 0);
			uint32_t optimize = strtoull(strtok_r(NULL, " \n", &save), NULL, 0);
			ctx = seccomp_init(def);
			if (ctx == NULL) {
				printf("refused\n\n");
				return;
			}
			seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, bad);
			seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize);
		} else if (word[0] == 'A') {
			printf("%d ", seccomp_arch_add(ctx, strtoull(strtok_r(NULL, " \n", &save), NULL, 0)));
		} else if (word[0] == 'D') {
			seccomp_arch_remove(ctx, strtoull(strtok_r(NULL, " \n", &save), NULL, 0));
		} else if (word[0] == 'T') {
			seccomp_attr_set(ctx, SCMP_FLTATR_API_TSKIP, 1);
		} else if (word[0] == 'R') {
			uint32_t action = strtoull(strtok_r(NULL, " \n", &save), NULL, 0);
			char *name = strtok_r(NULL, " \n", &save);
			int nr = name[0] == '#' ? atoi(name + 1) : seccomp_syscall_resolve_name(name);
			unsigned nargs = atoi(strtok_r(NULL, " \n", &save));
			struct scmp_arg_cmp args[16];
			for (unsigned a = 0; a < nargs && a < 16; a++) {
				args[a].arg = atoi(strtok_r(NULL, " \n", &save));
				args[a].op = atoi(strtok_r(NULL, " \n", &save));
				args[a].datum_a = strtoull(strtok_r(NULL, " \n", &save), NULL, 0);
				args[a].datum_b = strtoull(strtok_r(NULL, " \n", &save), NULL, 0);
			}
			printf("%d ", seccomp_rule_add_array(ctx, action, nr, nargs, args));
		}
	}
	printf("\n");
	print_program(ctx);
}

int main(void)
{
	char line[4096];
	int count = 0, names = 0;
	uint32_t rewritten = 0;
	const struct scmp_version *version = seccomp_version();
	printf("%u.%u.%u\n", version->major, version->minor, version->micro);
	while (fgets(line, sizeof line, stdin)) {
		if (strcmp(line, "names\n") == 0) {
			names = 1;
			rewritten = 0;
		} else if (sscanf(line, "rewritten %u", &rewritten) == 1) {
			names = 1;
		} else if (strcmp(line, "end\n") == 0) {
			names = 0;
		} else if (names) {
			line[strcspn(line, "\n")] = 0;
			printf("%d\n", rewritten != 0
				? seccomp_syscall_resolve_name_rewrite(rewritten, line)
				: seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, line));
		} else if (line[0] == 'E') {
			fflush(stdout);
			pid_t child = fork();
			if (child == 0) {
				alarm(2);
				setvbuf(stdout, NULL, _IOFBF, 1 << 22);
				run_set(count);
				fflush(stdout);
				_exit(0);
			}
			int status;
			waitpid(child, &status, 0);
			if (WIFSIGNALED(status))
				printf("%s\n\n", WTERMSIG(status) == SIGALRM ? "hang" : "crash");
			count = 0;
		} else if (count < 4096) {
			strcpy(lines[count++], line);
		}
	}
	return 0;
}
