import CSyscalls
import Glibc

/// A time as servers write it.
///
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)
package struct HTTPDate: Sendable, Equatable {
    /// Seconds since 1970.
    package let seconds: Int64

    /// The form of today, and two older ones.
    private static let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"]

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two older forms: `Sunday, 06-Nov-94 08:49:37 GMT` and
    /// `Sun Nov  6 08:49:37 1994`. What lies before 1970 is none.
    package init?(_ text: some StringProtocol) {
        for form in Self.forms {
            var date = tm()
            // The whole of it: what ends sooner or later is another form.
            let isWhole = String(text).withCString { stacker_strptime($0, form, &date)?.pointee == 0 }
            let time = Int64(timegm(&date))
            if isWhole, time >= 0 {
                seconds = time
                return
            }
        }
        return nil
    }
}
