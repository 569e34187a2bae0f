#ifndef LXC_WRAPPER_H
#define LXC_WRAPPER_H
const char *lxcw_liblxc_version(void);
#endif
