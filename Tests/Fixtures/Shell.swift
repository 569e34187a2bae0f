import Failure
import Glibc
import SystemPackage

/// Runs commands of the shell, up to the first that fails, and gives what they printed.
///
/// - Throws: if one fails, with what they printed.
@discardableResult
package func shell(_ commands: String) throws -> String {
    guard let pipe = popen("(set -e; \(commands)\n) 2>&1", "r") else { throw Errno(rawValue: errno) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
    let text = String(decoding: output, as: UTF8.self)
    guard pclose(pipe) == 0 else { throw Failure("\(commands): \(text)") }
    return text
}
