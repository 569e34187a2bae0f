import Glibc
import LXCWrapper
import Stacker

if lxcw_is_internal(CommandLine.argc, CommandLine.unsafeArgv) {
    exit(lxcw_main(CommandLine.argc, CommandLine.unsafeArgv))
}
lxcw_block_stop_signals()
print("stacker")
