import SystemPackage

/// The one error type of the package: what was being done, on what, why it failed, and what to do about it.
///
/// A failure is a chain. The innermost link names the root cause (an errno, a rule of a specification, a fact about
/// the input); every function on the way up that knows more wraps it in a link of its own with ``attempt(_:help:file:line:function:_:)``.
/// Printed, the chain reads from the task to the cause: `couldn't unpack layer sha256:…: couldn't create bin/ls: no space left on device`.
package struct Failure: Error, Sendable {
    /// What was being done, and on what; or, in the innermost link, what is wrong.
    package let what: String
    /// Why it failed, if another error says more.
    package let cause: (any Error)?
    /// What the user can do about it: a command, an option, a place to look.
    package let help: String?
    /// What the process should exit with if this failure ends it; `nil` leaves it to the cause.
    package let exitStatus: Int32?
    /// Where in the source this link of the chain was made.
    package let origin: SourceLocation

    /// Makes one link of the chain; `file`, `line` and `function` are filled in by the compiler.
    package init(
        _ what: String,
        because cause: (any Error)? = nil,
        help: String? = nil,
        exitStatus: Int32? = nil,
        file: StaticString = #fileID,
        line: UInt = #line,
        function: StaticString = #function
    ) {
        self.what = what
        self.cause = cause
        self.help = help
        self.exitStatus = exitStatus
        self.origin = SourceLocation(file: file, line: line, function: function)
    }
}

/// A place in our source, as `--debug` shows it.
package struct SourceLocation: Sendable, CustomStringConvertible {
    let file: StaticString
    let line: UInt
    let function: StaticString

    /// `Module/File.swift:12 function(_:)`
    package var description: String { "\(file):\(line) \(function)" }
}

extension Failure {
    /// This failure and its causes, outermost first, as far as they are failures.
    package var links: [Failure] {
        [self] + ((cause as? Failure)?.links ?? [])
    }

    /// The innermost error of the chain.
    package var rootCause: any Error {
        switch cause {
        case nil: self
        case let failure as Failure: failure.rootCause
        case let other?: other
        }
    }

    /// The errno at the root of the chain, if a system call failed there.
    package var errno: Errno? { rootCause.systemError }

    /// The outermost status that a link of the chain asks for; `nil` if none does.
    package var exitStatusAsked: Int32? { links.lazy.compactMap(\.exitStatus).first }

    /// What the process exits with: the status that is asked for, otherwise 1.
    package var processExitStatus: Int32 { exitStatusAsked ?? 1 }

    /// The innermost advice: the closer to the cause, the more exact it is.
    package var advice: String? {
        links.last { $0.help != nil }?.help
    }
}
