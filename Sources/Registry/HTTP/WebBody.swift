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
        let clock = ContinuousClock()
        var pace = Pace(settings)
        while !isAtEnd {
            try checkpoint()
            let start = clock.now
            switch try exchange.next(checkpoint) {
            case .head: continue
            case .body(let bytes):
                try pace.note(bytes.readableBytes, after: clock.now - start)
                try bytes.withUnsafeReadableBytes(take)
            case .end: isAtEnd = true
            case .failure(let error): throw WebError(error, settings)
            }
        }
    }

    /// All of a small content.
    ///
    /// - Parameter limit: more bytes than that are an error.
    func content(limit: Int) throws -> [UInt8] {
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
