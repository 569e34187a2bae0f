/* Which version of stacker this is, if the build has said it. */
#ifndef STACKER_VERSION_H
#define STACKER_VERSION_H

/* The version that tools/build/choose-version has found; empty in a program that was linked without it. */
const char *stacker_linked_version(void);

#endif
