import Testing

@testable import Containers

@Suite("liblxc's log")
struct LXCLogTests {
    let log = """
        lxc c1 20261122003540.698 TRACE    start - ../src/lxc/start.c:lxc_init:700 - ERROR is only a word here
        lxc c1 20261122003540.698 WARN     start - ../src/lxc/start.c:lxc_spawn:1832 - File exists - Failed to allocate
        lxc c1 20261122003540.699 ERROR    overlay - ../src/lxc/storage/overlay.c:ovl_mount:446 - No such file or directory - Failed to mount "0" on "/m"
        lxc c1 20261122003540.699 ERROR    conf - ../src/lxc/conf.c:lxc_setup:4000 - Failed to setup rootfs
        lxc c1 20261122003540.700 ERROR    start - ../src/lxc/start.c:do_start:1272 - Failed to setup rootfs
        not a line of it

        """

    @Test("gives each ERROR message once, in order, with its place")
    func errors() {
        let errors = LXCLog.errors(in: log)
        #expect(
            errors.map(\.message) == [
                #"No such file or directory - Failed to mount "0" on "/m""#, "Failed to setup rootfs",
            ])
        #expect(errors.first?.origin == "src/lxc/storage/overlay.c:ovl_mount:446")
    }

    @Test("takes a refused overlay's errno from the first try")
    func refusedOverlay() {
        let log = """
            lxc c1 20261122003540.699 INFO     overlay - ../src/lxc/storage/overlay.c:ovl_mount:480 - Too many levels of symbolic links - Failed to mount "0" on "/m" with options "x". Retrying without workdir
            lxc c1 20261122003540.699 ERROR    overlay - ../src/lxc/storage/overlay.c:ovl_mount:490 - Invalid argument - Failed to mount "0" on "/m" with options "x"
            """
        #expect(LXCLog.errors(in: log).first?.message.hasPrefix("Too many levels of symbolic links") == true)
    }

    @Test("shortens a message that names 500 directories")
    func brief() {
        let long = "Failed to mount " + String(repeating: "0:", count: 500) + " on /m"
        #expect(LXCLog.brief(long).count < 310)
        #expect(LXCLog.brief(long).hasSuffix("on /m"))
        #expect(LXCLog.brief("short") == "short")
    }

    @Test("knows what to do about a refused overlay")
    func advice() {
        #expect(LXCLog.advice(for: LXCLog.errors(in: log))?.contains("overlay") == true)
        #expect(LXCLog.advice(for: []) == nil)
        #expect(LXCLog.advice(for: "Failed to create lock for layer")?.contains("lock in /run/lxc") == true)
        for other in ["Operation blocked by policy", "Failed to set the clock", "Block device required"] {
            #expect(LXCLog.advice(for: other) == nil)
        }
    }
}
