#ifndef STACKER_SQUASHFS_SHIM_H
#define STACKER_SQUASHFS_SHIM_H

#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/compressor.h>
#include <sqfs/dir.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_reader.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>
#include <sqfs/table.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_reader.h>
#include <sqfs/xattr_writer.h>

/* libsquashfs's interfaces with what our implementations keep behind them. C says where the first member lies. */

struct stacker_squashfs_file {
    sqfs_file_t base;
    uint64_t size;
    int descriptor;
    int error; /* errno of the call that failed last */
};

struct stacker_squashfs_compressor {
    sqfs_compressor_t base;
    void *compressor;
    void *probe;
    int level;
};

#endif
