use brightline::*;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let mode = std::env::args().nth(2).unwrap();
    let bundle = std::fs::read(format!("{dir}/b.json")).unwrap();
    let root = TrustRoot::parse(&std::fs::read(format!("{dir}/root.json")).unwrap()).unwrap();
    let now = Instant::parse("2026-11-23T12:00:00Z").unwrap();
    let t = std::time::Instant::now();
    let n = if mode == "open" { 20 } else { 1 };
    let mut e = None;
    for _ in 0..n {
        e = Some(Engine::open(&bundle, &root, now, 0).unwrap());
    }
    println!("open {:?}", t.elapsed() / n);
    let e = e.unwrap();
    let tokens: Vec<String> =
        std::fs::read_to_string(format!("{dir}/tokens")).unwrap().lines().map(String::from).collect();
    let ids: Vec<_> = tokens.iter().map(|t| e.identify(&[t], now)).collect();
    println!("{:?}", ids[0].refusal());
    let m: Vec<String> = e.rulesets().next().unwrap().0.models().map(|(a, _)| a.to_owned()).collect();
    let a: Vec<String> = e.rulesets().next().unwrap().0.actions().map(String::from).collect();
    let n = if mode == "open" { 10 } else { 20000u32 };
    let t = std::time::Instant::now();
    let mut x = 0;
    for i in 0..n as usize {
        let d = ids[i % ids.len()].check(&m[(i * 7) % 12], &a[(i * 3) % 4], Some("{\"country\":\"DE\"}"), now).unwrap();
        x += d.reasons.len();
    }
    println!("check {:?} {}", t.elapsed() / n, x);
    let t = std::time::Instant::now();
    let anon = e.identify(&[], now).check(&m[0], "chat", None, now).unwrap();
    println!("anon {:?} {}", t.elapsed(), anon.needs.len());
}
