/* ISA-L's inflate, where the machine has it: Debian has it as a shared library only, and few starts of stacker read gzip. */
#ifndef STACKER_ISAL_H
#define STACKER_ISAL_H

#include <isa-l/igzip_lib.h>

/* What is called of it. */
struct stacker_isal {
	void (*init)(struct inflate_state *state);
	void (*reset)(struct inflate_state *state);
	int (*inflate)(struct inflate_state *state);
};

/* Loads it with the first call. NULL where it is not installed. Safe beside other threads. */
const struct stacker_isal *stacker_isal(void);

#endif
