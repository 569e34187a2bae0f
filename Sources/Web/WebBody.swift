import Failure

/// The content of a response, a piece at a time.
package final class WebBody {
    private let transfer: Transfer

    init(of transfer: Transfer) {
        self.transfer = transfer
    }

    /// Hands on every piece of the content.
    ///
    /// - Throws: ``WebError``; what `take` or the checkpoint throws.
    package func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        try transfer.read(take)
    }

    /// All of a small content.
    ///
    /// - Parameter limit: more bytes than that are an error.
    package func content(limit: Int) throws -> [UInt8] {
        var content: [UInt8] = []
        try read { bytes in
            content += bytes
            if content.count > limit {
                throw WebError.answer("it is longer than the \(limit) bytes that are allowed here")
            }
        }
        return content
    }
}
