import { rootOf } from './mapped-class.ts';
import type { Identity, ModelClass } from './mapper.ts';

/** What `Submodel` was told beside the shape. */
export interface SubmodelDeclaration {
  readonly parent: ModelClass;
  readonly identity: Identity;
  /** The class's own table, which has its columns; undefined when they are in that of the parent. */
  readonly table: string | undefined;
  /** The attributes that the class itself declares. */
  readonly shape: object;
}

const declarations = new WeakMap<ModelClass, SubmodelDeclaration>();

/** Keeps what a class that was just made extends. */
export function rememberSubmodel(root: ModelClass, declaration: SubmodelDeclaration): void {
  declarations.set(root, declaration);
}

/** What `model`, or the class it extends, was made with by `Submodel`; undefined for what `Model` made. */
export function submodelOf(model: ModelClass): SubmodelDeclaration | undefined {
  return declarations.get(rootOf(model));
}
