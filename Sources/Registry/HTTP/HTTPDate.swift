import Glibc

/// A time as servers write it.
///
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)
public struct HTTPDate: Sendable, Equatable {
    /// Seconds since 1970.
    public let seconds: Int64

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two older forms: `Sunday, 06-Nov-94 08:49:37 GMT` and
    /// `Sun Nov  6 08:49:37 1994`.
    public init?(_ text: some StringProtocol) {
        let fields = text.split { " ,-:".contains($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // Day, month, year, hour, minute and second among the fields.
        let order: [Int]
        switch fields.count {
        case 8 where fields[7] == "GMT": order = [1, 2, 3, 4, 5, 6]
        case 7: order = [2, 1, 6, 3, 4, 5]
        default: return nil
        }
        let numbers = order.map { Int32(fields[$0]) }
        guard let month = months.firstIndex(of: String(fields[order[1]])), let day = numbers[0], var year = numbers[2],
            let hour = numbers[3], let minute = numbers[4], let second = numbers[5]
        else { return nil }
        // Two digits: whatever lies less than fifty years ahead was meant, which for us is any year from 2000 on.
        if fields[order[2]].utf8.count == 2 { year += year < 70 ? 2000 : 1900 }
        guard (1970...9999).contains(year), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        var date = tm()
        (date.tm_mday, date.tm_mon, date.tm_year) = (day, Int32(month), year - 1900)
        (date.tm_hour, date.tm_min, date.tm_sec) = (hour, minute, second)
        seconds = Int64(timegm(&date))
    }
}
