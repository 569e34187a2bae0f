import Failure
import FileTree
import Glibc

extension Binfmt {
    /// What runs a program.
    package enum Runner: Sendable, Equatable {
        /// The processor itself.
        case processor
        /// The interpreter of a handler, wherever the program is.
        case handler(BinfmtHandler)
        /// The interpreter of a handler, where the program sees it: there is no F flag.
        case handlerInImage(BinfmtHandler)
        /// A handler that can't be seen from here, as one of the host's from within a container. That it runs such programs
        /// was tried.
        case unseen
    }

    /// What the kernel has run a program by.
    ///
    /// - Parameters:
    ///   - header: what the program is.
    ///   - file: how it begins, as far as it is known; else a program of that kind.
    ///   - host: GOARCH of this machine.
    /// - Throws: `Failure` if nothing runs it: why, and what mends that.
    package func runner(of header: ELFHeader, _ file: [UInt8]? = nil, on host: String) throws -> Runner {
        guard !header.isNative(on: host) else { return .processor }
        let file = file ?? header.bytes()
        let taking = handlers.filter { $0.takes(file) }
        let enabled = taking.filter(\.isEnabled)
        let name = header.architecture ?? "ELF machine \(header.machine)"
        switch state {
        case .notMounted:
            if TrialProgram.runs(header) { return .unseen }
            throw Failure(
                "nothing here runs programs for \(name), and which handlers there are is not to be seen: binfmt_misc is not "
                    + "mounted on \(Self.directory)",
                help: "as root: mount -t binfmt_misc binfmt_misc \(Self.directory), then \(Self.remedy(for: header))")
        case .disabled where !enabled.isEmpty:
            throw Failure(
                "binfmt_misc is disabled, so that \(enabled[0].quotedName) runs no programs for \(name)",
                help: "as root: echo 1 > \(Self.directory)/status")
        case .disabled, .enabled: break
        }
        // Of several it is the last registered, which nothing shows. An interpreter that is open is none that could be missing.
        if let handler = enabled.first(where: \.isInterpreterOpen) { return .handler(handler) }
        if let handler = enabled.first { return .handlerInImage(handler) }
        if let handler = taking.first {
            throw Failure(
                "\(handler.quotedName), which runs programs for \(name), is disabled",
                help: "as root: echo 1 > \(Self.directory)/\(shown(handler.name))")
        }
        throw Failure(
            "no handler of binfmt_misc runs programs for \(name)", help: "as root: \(Self.remedy(for: header))")
    }

    /// How there comes to be a handler, with the F flag. Where the package is that has it, nobody has registered it, as systemd
    /// would.
    private static func remedy(for header: ELFHeader) -> String {
        let name = header.architecture.map { qemuNames[$0] ?? $0 } ?? ""
        let file = "/usr/lib/binfmt.d/qemu-\(name).conf"
        return access(file, F_OK) == 0 ? "cat \(file) > \(directory)/register; for a container, on its host" : remedy
    }

    /// What QEMU calls processors that Go calls otherwise.
    private static let qemuNames = [
        "arm64": "aarch64", "amd64": "x86_64", "386": "i386", "armbe": "armeb", "loong64": "loongarch64",
        "mips64le": "mips64el", "mipsle": "mipsel", "riscv": "riscv32",
    ]

    /// How there come to be handlers, each with the F flag.
    package static let remedy =
        "apt-get install qemu-user-static (Debian, Ubuntu) or dnf install qemu-user-static (Fedora), which registers handlers; "
        + "for a container, on its host"
}

extension BinfmtHandler {
    /// How it is called in messages.
    package var quotedName: String { "handler \(shown(name))" }

    /// Why a program doesn't run where the handler's interpreter isn't, and what mends that.
    ///
    /// - Parameter image: what is known of the image that the program is in: `not in the image`.
    package func interpreterMissing(_ image: String) -> Failure {
        let here = access(interpreter.string, F_OK) == 0 ? "" : ", nor on this machine"
        return Failure(
            "\(quotedName) has no F flag, and its interpreter \(shown(interpreter.string)) is \(image)\(here)",
            help:
                "register it with the F flag, which opens the interpreter once for all, as Debian's qemu-user-static does; as "
                + "root: echo -1 > \(Binfmt.directory)/\(shown(name)), then \(Binfmt.remedy)")
    }
}
