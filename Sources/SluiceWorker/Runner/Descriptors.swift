#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptors that this process can yet open.
package enum Descriptors {
    /// Why this many cannot be opened; nil if they can.
    package static func shortage(of needed: Int) -> String? {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for _ in 0..<needed {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            if descriptor < 0 { return String(cString: strerror(errno)) }
            opened.append(descriptor)
        }
        return nil
    }
}
