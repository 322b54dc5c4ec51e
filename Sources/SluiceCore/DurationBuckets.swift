#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The buckets by which the history keeps times: four to an octave. Bucket 0 is below 1 ms, bucket i is from 2^((i-1)/4) to
/// 2^(i/4) ms. They are those of OpenTelemetry's exponential histogram at scale 2, and of `lua/base/packed.lua`.
package enum DurationBuckets {
    /// The last bucket, which has all times above.
    package static let last = 128

    /// The bucket of a time in ms.
    package static func bucket(of ms: Double) -> Int {
        ms < 1 ? 0 : min(Int((log2(ms) * 4 + 1e-9).rounded(.down)) + 1, last)
    }
}
