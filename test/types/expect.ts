/** Compiles only when both types are the same, not merely assignable to each other. */
export function same<A, B>(..._: Same<A, B> extends true ? [] : [never]): void {}

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
