import Failure
import NIOCore

/// The content of a response, a piece at a time.
final class WebBody {
    private let exchange: Exchange
    private let settings: WebSettings
    private let checkpoint: () throws -> Void
    /// Whether all of it has been read.
    private(set) var isAtEnd = false

    init(exchange: Exchange, settings: WebSettings, checkpoint: @escaping () throws -> Void) {
        self.exchange = exchange
        self.settings = settings
        self.checkpoint = checkpoint
    }

    /// Hands on every piece of the content.
    ///
    /// - Throws: ``WebError``; what `take` or the checkpoint throws.
    func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        while !isAtEnd {
            try checkpoint()
            switch try exchange.next(checkpoint) {
            case .head: continue
            case .body(let bytes): try bytes.withUnsafeReadableBytes(take)
            case .end: isAtEnd = true
            case .failure(let error): throw WebError(error, settings)
            }
        }
    }
}
