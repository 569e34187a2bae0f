/// Whether a server sends fast enough to be waited for. A server that sends a byte now and then is never silent for long,
/// and would keep us for days.
///
/// Only the time that was spent waiting for the server counts: what takes us long is not its fault.
struct Pace {
    private let leastRate: Int64
    private let window: Duration
    private var waited = Duration.zero
    private var bytes: Int64 = 0

    init(_ settings: WebSettings) {
        leastRate = settings.leastRate
        window = settings.rateWindow
    }

    /// Takes note of bytes, and of how long they were waited for.
    ///
    /// - Throws: ``WebError`` if they were too few for the time.
    mutating func note(_ count: Int, after wait: Duration) throws {
        waited += wait
        bytes += Int64(count)
        guard waited >= window else { return }
        guard Double(bytes) >= Double(leastRate) * (waited / .seconds(1)) else {
            throw WebError.connection("only \(bytes) bytes came in \(window)")
        }
        waited = .zero
        bytes = 0
    }
}
