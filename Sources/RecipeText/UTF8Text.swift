import Failure

/// The text of a file that people write.
///
/// - Parameter name: how messages name the file.
/// - Throws: `Failure` if it is not UTF-8, the one encoding that counts everywhere.
package func utf8Text(of bytes: [UInt8], _ name: String) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
        let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        throw Failure(
            "\(name): not UTF-8 text", help: isUTF16 ? "it looks like UTF-16: save it as UTF-8" : nil)
    }
    return text
}
