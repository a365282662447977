//! Many times in their order.

/// Times that are sorted at once: few enough to lie near the processor.
const FEW: usize = 128;

/// Times with what belongs to them, the earliest first; equal times in any order.
///
/// Times are first thrown into equal parts of the time between the earliest and the latest, then sorted part by part: where
/// they are spread at all evenly that is two passes over the memory. Where they are not, it is as any sorting.
pub(super) fn in_order(marks: impl Iterator<Item = (f64, u32)> + Clone) -> (Vec<f64>, Vec<u32>) {
    let (mut n, mut earliest, mut latest) = (0, f64::INFINITY, f64::NEG_INFINITY);
    for (time, _) in marks.clone() {
        n += 1;
        earliest = time.min(earliest);
        latest = time.max(latest);
    }
    let parts = n / FEW + 1;
    // Later times never come into earlier parts: differences and products are rounded in order. A length that has no
    // inverse makes one part of all.
    let scale = parts as f64 / (latest - earliest);
    let scale = if scale.is_finite() { scale } else { 0.0 };
    let part = |time: f64| (((time - earliest) * scale) as usize).min(parts - 1);
    let mut next = vec![0; parts];
    for (time, _) in marks.clone() {
        next[part(time)] += 1;
    }
    let mut before = 0;
    for slot in &mut next {
        before += std::mem::replace(slot, before);
    }
    let (mut times, mut belongings) = (vec![0.0; n], vec![0; n]);
    for (time, belonging) in marks {
        let slot = &mut next[part(time)];
        (times[*slot], belongings[*slot]) = (time, belonging);
        *slot += 1;
    }
    let mut from = 0;
    let mut sorted = Vec::new();
    // Where the places of a part end those of the next begin.
    for to in next {
        let (times, belongings) = (&mut times[from..to], &mut belongings[from..to]);
        sorted.clear();
        sorted.extend(times.iter().copied().zip(belongings.iter().copied()));
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for (place, &mark) in sorted.iter().enumerate() {
            (times[place], belongings[place]) = mark;
        }
        from = to;
    }
    (times, belongings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(times: &[f64]) -> Vec<(f64, u32)> {
        let marks = times.iter().enumerate().map(|(place, &time)| (time, place as u32));
        let (times, places) = in_order(marks);
        times.into_iter().zip(places).collect()
    }

    /// Numbers between 0 and 1 that look random: multiples of an irrational number, without their whole part.
    fn scattered(n: u32) -> Vec<f64> {
        (1..=n).map(|i| (f64::from(i) * 5.0_f64.sqrt()).fract()).collect()
    }

    #[test]
    fn times_come_in_order_with_what_belongs_to_them() {
        let even = scattered(5000);
        let exponential: Vec<f64> = even.iter().map(|u| -u.ln()).collect();
        let tied: Vec<f64> = even.iter().map(|u| (10.0 * u).floor()).collect();
        let far: Vec<f64> = even.iter().map(|u| (1.0 / u).powi(60) - 1e3).collect();
        let wide: Vec<f64> = even.iter().map(|u| (u - 0.5) * f64::MAX * 2.0).collect();
        for times in [even, exponential, tied, far, wide, vec![3.0; 1000], vec![], vec![7.0]] {
            let found = ordered(&times);
            let mut want = times.clone();
            want.sort_by(f64::total_cmp);
            assert!(found.iter().map(|mark| mark.0).eq(want), "{:?}", &times[..times.len().min(3)]);
            assert!(
                found
                    .iter()
                    .all(|&(time, place)| time.to_bits() == times[place as usize].to_bits())
            );
            let mut places: Vec<u32> = found.iter().map(|mark| mark.1).collect();
            places.sort_unstable();
            assert!(places.into_iter().eq(0..times.len() as u32));
        }
    }
}
