import Failure
import Host

/// Runs commands of the shell, up to the first that fails, and gives what they printed.
///
/// It is started as the program starts others: a process that is forked in any other way has for a moment all that is open in
/// this one, such as a program that another test is just writing, and keeps that from being executed.
///
/// - Throws: if one fails, with what they printed.
@discardableResult
package func shell(_ commands: String) throws -> String {
    let script = "exec 2>&1; set -e; \(commands)\n"
    let outcome = try ChildProcess.run(["sh", "-c", script], outputLimit: 64 << 20, patience: .seconds(600))
    guard outcome.status == 0 else { throw Failure("\(commands): \(outcome.text)") }
    return outcome.text
}
